"""Names made fit to be read, and verdicts in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.show.wording import chance, columns, elided, readable, verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain name.jpg", "plain name.jpg"),
        ("写真 東京.png", "写真 東京.png"),
        ("line\nbreak\t\x00\x1b[31m", "line�break���[31m"),
        ("photo\u202egpj.exe", "photo�gpj.exe"),
        ("bytes \udcff\udcfe.jpg", "bytes ��.jpg"),
        ("e\u0301 stays", "e\u0301 stays"),
    ],
)
def test_readable(text, expected):
    assert readable(text) == expected


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("short.jpg", 9, "short.jpg"),
        ("abcdefghij.jpg", 9, "abcd….jpg"),
        ("写真写真写真.jpg", 9, "写真….jpg"),
        ("abc", 1, "…"),
        ("abc", 2, "a…"),
    ],
)
def test_elided(text, room, expected):
    assert elided(text, room) == expected


@given(st.text(), st.integers(1, 40))
def test_elided_fits_and_keeps_both_ends(text, room):
    short = elided(text, room)
    assert columns(short) <= room
    if short != text:
        start, _, end = short.partition("…")
        assert text.startswith(start)
        assert text.endswith(end) or "…" in text


@given(st.text(alphabet=st.characters(), max_size=40))
def test_readable_can_always_be_written_as_utf8_on_one_line(text):
    fit = readable(text)
    assert len(fit) == len(text)
    assert len(fit.encode("utf-8").splitlines()) <= 1


@pytest.mark.parametrize(
    ("probability", "expected"),
    [(1.0, "100%"), (0.9999, ">99%"), (0.99, "99%"), (0.804, "80%"), (0.004, "<1%"), (0.0, "0%")],
)
def test_nothing_short_of_certain_is_100(probability, expected):
    assert chance(probability) == expected


@pytest.mark.parametrize(
    ("similarity", "probability", "identical", "expected"),
    [
        (0.1, 0.2, True, "identical file"),
        (0.2, 1.0, False, "the same picture, 100% sure"),
        (0.2, 0.997, False, "the same picture, >99% sure"),
        (0.2, 0.9, False, "the same picture, 90% sure"),
        (0.2, 0.73, False, "probably the same picture (73%)"),
        (0.2, 0.5, False, "probably the same picture (50%)"),
        (0.9, 0.49, False, "very alike"),
        (1.0, None, False, "very alike"),
        (0.75, None, False, "very alike"),
        (0.74, None, False, "alike"),
        (0.5, None, False, "alike"),
        (0.49, None, False, "somewhat alike"),
        (0.3, None, False, "somewhat alike"),
        (0.29, None, False, "little alike"),
        (-1.0, 0.0, False, "little alike"),
    ],
)
def test_a_verdict_is_what_is_known_best(similarity, probability, identical, expected):
    assert verdict(similarity, probability, identical) == expected


@given(st.floats(-1, 1), st.floats(0, 1) | st.none(), st.booleans())
def test_a_verdict_never_claims_more_than_is_known(similarity, probability, identical):
    said = verdict(similarity, probability, identical)
    assert ("the same picture" in said) == (not identical and (probability or 0) >= 0.5)
    assert "100%" not in said or probability == 1
