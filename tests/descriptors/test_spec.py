"""From what a person types to a descriptor, and back."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lookalike.descriptors import create, label, names
from lookalike.descriptors.combined import Combined
from lookalike.descriptors.contour import Contour
from lookalike.descriptors.covariance import Covariance
from lookalike.descriptors.hog import Hog
from lookalike.descriptors.hsv_histogram import HsvHistogram
from lookalike.descriptors.lbp import Lbp
from lookalike.descriptors.phash import Phash
from lookalike.descriptors.pixels import Pixels
from lookalike.errors import BadParameter, LookalikeError, UnknownName


@pytest.mark.parametrize(
    ("spec", "meant"),
    [
        ("hog", Hog()),
        ("hog:", Hog()),
        ("hog:cells=6", Hog(cells=6)),
        ("hog:6", Hog(cells=6)),
        ("hog:6,block=3", Hog(cells=6, block=3)),
        ("hog:block=3,cells=6", Hog(cells=6, block=3)),
        ("hsv_histogram:bins=16x4x4,grid=2", HsvHistogram((16, 4, 4), 2)),
        ("hsv_histogram:32", HsvHistogram((32,))),
        ("HSV-Histogram:32", HsvHistogram((32,))),
        ("lbp:1x2x4,patterns=rotation_invariant", Lbp((1, 2, 4), patterns="rotation_invariant")),
        ("covariance:FALSE", Covariance(centre=False)),
        ("  hog : cells = 6 , block = 3  ", Hog(cells=6, block=3)),
        ("hog+phash", Combined((Hog(), Phash()), (1.0, 1.0))),
        ("0.5*hog+2*phash:16", Combined((Hog(), Phash(16)), (0.5, 2.0))),
        ("hog + .25 * phash", Combined((Hog(), Phash()), (1.0, 0.25))),
        ("2*hog", Combined((Hog(),), (2.0,))),
        ("hog:6+hog:8+hog", Combined((Hog(6), Hog(8), Hog()), (1.0, 1.0, 1.0))),
    ],
)
def test_what_is_typed_and_what_is_meant(spec, meant):
    assert create(spec) == meant


def test_the_same_spec_gives_the_same_object():
    assert create("hog:cells=5") is create("hog:cells=5")


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ("hogg", UnknownName, "no descriptor named 'hogg'; did you mean 'hog'"),
        ("", UnknownName, "no descriptor named ''; known: "),
        ("hog+", UnknownName, "did you mean 'hog'"),
        ("hog+hogg", UnknownName, "no descriptor named 'hogg'"),
        ("hog:cell=4", UnknownName, "no parameter of hog named 'cell'; did you mean 'cells'"),
        ("hog:cells=four", BadParameter, "hog:cells is a whole number, not 'four'"),
        ("hog:4,9", BadParameter, "hog:cells is a whole number, not '4,9'"),
        ("hog:cells=4,cells=5", BadParameter, "hog:cells is given twice"),
        ("hog:4,cells=5", BadParameter, "hog:cells is given twice"),
        ("hog:cells=99", BadParameter, "1 to 32, not 99"),
        ("covariance:maybe", BadParameter, "covariance:centre is true or false, not 'maybe'"),
        ("pixels:colour=red", BadParameter, "pixels:colour is one of rgb, grey, not 'red'"),
        ("hsv_histogram:8x8xa", BadParameter, "hsv_histogram:bins is a whole number, not 'a'"),
        ("count_histogram:9", UnknownName, "no parameter of count_histogram named '9'"),
        ("0*hog", BadParameter, "a weight is a positive number, not 0"),
        ("a*hog", BadParameter, "the weight of hog is a number such as 0.5, not 'a'"),
        ("-1*hog", BadParameter, "the weight of hog is a number such as 0.5, not '-1'"),
        ("combined", BadParameter, r"combined is typed as a sum: 0.6\*hsv_histogram\+0.4\*hog"),
        ("combined:hog", BadParameter, "combined is typed as a sum"),
        ("network", BadParameter, "a network needs a card"),
    ],
)
def test_mistakes_are_explained(spec, error, message):
    with pytest.raises(error, match=message):
        create(spec)


def test_a_card_stands_for_the_network():
    for name in names():
        if name in ("vgg16", "dinov2_small"):
            assert create(name) == create(f"network:card={name}") == create(f"network:{name}")
    assert create("vgg16:fc2") == create("network:card=vgg16,layer=fc2")


@pytest.mark.parametrize(
    "path", ["a+b/own.onnx", "a,b.onnx", "a/c=d.onnx", r"C:\nets\own.onnx", "a b/own.onnx"]
)
def test_a_path_may_hold_signs_of_the_grammar(path):
    with pytest.raises(LookalikeError) as caught:
        create(f"network:{path}")
    # It is taken whole: what is missing is the card beside it.
    assert path.removesuffix(".onnx") in str(caught.value)


sizes = st.integers(1, 8)
single = st.one_of(
    st.builds(
        HsvHistogram,
        st.one_of(st.tuples(sizes, sizes, sizes), st.tuples(st.integers(1, 999))),
        st.integers(1, 16),
    ),
    st.integers(1, 32).flatmap(
        lambda cells: st.builds(Hog, st.just(cells), st.integers(1, 36), st.integers(1, cells))
    ),
    st.builds(
        Lbp,
        st.lists(st.integers(1, 16), min_size=1, max_size=4).map(tuple),
        st.integers(4, 16),
        st.integers(1, 16),
        st.sampled_from(["uniform", "rotation_invariant"]),
    ),
    st.builds(Phash, st.integers(2, 32)),
    st.builds(Pixels, st.integers(1, 128), st.sampled_from(["rgb", "grey"])),
    st.builds(Contour, st.sampled_from(["zernike", "hu"]), st.integers(2, 20)),
    st.builds(Covariance, st.booleans()),
)
weight = st.floats(0, exclude_min=True, allow_infinity=False, allow_nan=False)


@given(single)
def test_a_spec_makes_an_equal_descriptor(descriptor):
    assert create(descriptor.spec) == descriptor
    assert create(descriptor.spec).key == descriptor.key


@given(st.lists(st.tuples(single, weight), min_size=1, max_size=4))
@example([(Hog(), 1e-05), (Phash(), 1e16), (Hog(), 0.1)])
def test_a_sum_makes_an_equal_combination(terms):
    combined = Combined(tuple(part for part, _ in terms), tuple(weight for _, weight in terms))
    assert create(combined.spec) == combined
    assert create(combined.spec).key == combined.key


@given(single, single)
def test_different_descriptors_have_different_keys(one, other):
    assert (one == other) == (one.key == other.key) == (one.spec == other.spec)


signs = [*"+*:,=.x 019é\n", "hog", "cells", "phash", "0.5", "hsv_histogram"]


@settings(max_examples=400)
@given(st.lists(st.sampled_from(signs), max_size=9).map("".join))
def test_anything_typed_gives_a_descriptor_or_an_explanation(text):
    try:
        made = create(text)
    except LookalikeError as error:
        assert len(str(error)) > 20
    else:
        assert create(made.spec) == made


@pytest.mark.parametrize(
    ("key", "called"),
    [
        ("lbp@1:radius=1,points=8", "lbp"),
        ("classic@1", "classic"),
        ("network@1:card=vgg16,layer=fc2,weights=0a,recipe=1b", "vgg16:fc2"),
        ("combined@1:0.5*lbp@1:radius=1+0.5*hog@1:cells=4", "combined"),
    ],
)
def test_what_a_person_calls_a_key(key, called):
    assert label(key) == called
