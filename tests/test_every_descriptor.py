"""What every descriptor promises, asked of all in the registry; a new file is asked unbidden.

A descriptor that is nothing without a parameter is named in `NEEDED`, with a function that provides
what it needs.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image as pillow

from lookalike.descriptors import DEFAULT, DESCRIPTORS, Descriptor, create
from lookalike.images import View, fit, load
from lookalike.metrics import METRICS, distances


def mean_colour(folder: Path) -> str:
    """Write the smallest network there is; return its spec."""
    model = onnx.parser.parse_model("""
        <ir_version: 7, opset_import: ["" : 13]>
        mean (float[n, 3, 8, 8] pixels) => (float[n, 3] out)
        { pool = GlobalAveragePool (pixels)  out = Flatten (pool) }
    """)
    onnx.save_model(model, folder / "mean.onnx")
    (folder / "mean.toml").write_text(
        'title = "Mean"\nlicence = "MIT"\ndefault = "out"\nmetric = "euclidean"\n'
        '[input]\nwidth = 8\nheight = 8\n[layers.out]\ntensor = "out"\ndim = 3\nnormalise = false\n'
    )
    return f"network:{folder / 'mean.onnx'}"


def trained(folder: Path) -> str:
    """Write the least that a run of training leaves for searching; return its spec."""
    mean_colour(folder)
    for suffix in (".onnx", ".toml"):
        (folder / f"mean{suffix}").rename(folder / f"encoder{suffix}")
    return f"autoencoder:{folder}"


NEEDED: dict[str, Callable[[Path], str]] = {
    "autoencoder": trained,
    "combined": lambda _: "0.5*hog+0.3*hsv_histogram:16x4x4+0.2*phash+0.1*count_histogram",
    "network": mean_colour,
}

VARIANTS = [
    "contour:hu",
    "covariance:false",
    "hog:cells=7,orientations=6,block=3",
    "hsv_histogram:32",
    "hsv_histogram:4x3x2,grid=3",
    "lbp:1x3,points=12,grid=1,patterns=rotation_invariant",
    "phash:16",
    "pixels:size=5,colour=grey",
]


@pytest.fixture(scope="module", params=[*DESCRIPTORS.names(), *VARIANTS])
def descriptor(request, tmp_path_factory) -> Descriptor:
    spec = request.param
    if spec in NEEDED:
        spec = NEEDED[spec](tmp_path_factory.mktemp("needed"))
    made = create(spec)
    if not made.is_ready():
        pytest.skip(f"{spec} needs a file that is not here")
    return made


def smooth(seed: int, width: int, height: int, channels: int = 3) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, channels), np.uint8)
    planes = [pillow.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(coarse, 2, 0)]
    return np.stack([np.array(plane.resize((width, height))) for plane in planes], axis=-1)


PICTURES = {
    "photo": smooth(0, 200, 150),
    "another": smooth(1, 90, 140),
    "noise": np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8),
    "grey": smooth(3, 70, 50, channels=1)[:, :, 0],
    "alpha": smooth(4, 60, 60, channels=4),
    "black and white": np.indices((40, 30)).sum(0) % 7 < 3,
    "floats": smooth(5, 33, 44) / 255,
    "black": np.zeros((30, 40, 3), np.uint8),
    "white": np.full((30, 40, 3), 255, np.uint8),
    "one colour": np.full((50, 20, 3), (200, 30, 90), np.uint8),
    "1 × 1": np.full((1, 1, 3), (10, 250, 10), np.uint8),
    "2 × 2": smooth(6, 2, 2),
    "very wide": smooth(7, 900, 1),
    "very high": smooth(8, 2, 700),
}
ARRAYS = [load(picture) for picture in PICTURES.values()]


def test_one_finite_vector_a_picture(descriptor):
    vectors = descriptor.describe_arrays(ARRAYS)
    assert vectors.shape == (len(ARRAYS), descriptor.dim)
    assert vectors.dtype == np.float32
    finite = dict(zip(PICTURES, np.isfinite(vectors).all(axis=1), strict=True))
    assert all(finite.values()), finite


def test_a_batch_of_none(descriptor):
    assert descriptor.describe_arrays([]).shape == (0, descriptor.dim)


def test_the_same_every_time(descriptor):
    first, second = descriptor.describe_arrays(ARRAYS), descriptor.describe_arrays(ARRAYS)
    np.testing.assert_array_equal(first, second)


def test_a_vector_does_not_depend_on_the_batch(descriptor):
    together = descriptor.describe_arrays(ARRAYS)
    alone = np.concatenate([descriptor.describe_arrays([array]) for array in ARRAYS])
    backwards = descriptor.describe_arrays(ARRAYS[::-1])[::-1]
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(together, backwards, rtol=1e-5, atol=1e-6)


def test_four_threads_get_what_one_gets(descriptor):
    expected = descriptor.describe_arrays(ARRAYS)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: descriptor.describe_arrays(ARRAYS), range(8)):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_pictures_are_left_as_they_were(descriptor):
    seen = [{view: fit(array, view).copy() for view in descriptor.views} for array in ARRAYS]
    for views in seen:
        for image in views.values():
            image.flags.writeable = False
    descriptor.describe_views(seen)


def test_a_picture_is_nearest_to_itself(descriptor):
    photo, another = descriptor.describe_arrays(ARRAYS[:2])
    itself, other = distances(photo[None], np.stack([photo, another]), descriptor.metric)[0]
    assert itself == 0 < other


def test_what_it_says_of_itself(descriptor):
    assert type(descriptor) is DESCRIPTORS.get(descriptor.name)
    assert descriptor.version >= 1
    assert descriptor.metric in METRICS
    assert descriptor.dim >= 1
    assert descriptor.views
    assert all(isinstance(view, View) for view in descriptor.views)


def test_its_spec_makes_it_again(descriptor):
    again = create(descriptor.spec)
    assert (again.key, again.spec) == (descriptor.key, descriptor.spec)
    assert f"{descriptor.name}@{descriptor.version}" in descriptor.key


def test_it_cannot_be_changed(descriptor):
    for field in dataclasses.fields(descriptor):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(descriptor, field.name, getattr(descriptor, field.name))


@pytest.mark.parametrize("name", DESCRIPTORS.names())
def test_it_is_documented(name):
    kind = DESCRIPTORS.get(name)
    summary = (kind.__doc__ or "").strip().partition("\n")[0]
    assert summary.endswith(".")
    assert not summary.startswith(kind.__name__ + "("), "the dataclass wrote this, not its author"
    assert len(summary) > 20
    for field in dataclasses.fields(kind):
        assert field.metadata.get("help"), field.name


def test_the_default_is_there_and_needs_nothing():
    assert DEFAULT in DESCRIPTORS.names()
    assert create(DEFAULT).is_ready()
