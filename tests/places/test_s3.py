"""Pictures in a bucket."""

from __future__ import annotations

import pytest

from lookalike.errors import (
    EmptyPicture,
    MissingPicture,
    PictureTooLarge,
    UnreachablePicture,
    UnreadablePicture,
    UsageError,
)
from lookalike.images import files as limits
from lookalike.places import access, exists, listing, read_bytes, remote
from pictures_at import Bucket, png

ODD = [
    "p/a b.png",
    "p/percent%20.png",
    "p/plus+and&.png",
    "p/q?x=1#part.png",
    "p/two//slashes.png",
    "p/ünï/🐈.png",
]


def test_what_is_found_and_what_is_passed_over(bucket: Bucket) -> None:
    for number, key in enumerate(ODD):
        bucket.put(key, png(number))
    for key in (
        "p/.hidden.png",
        "p/.trash/a.png",
        "p/@eaDir/a.png",
        "p/out/a.png",
        "p2/no.png",
        "p/dir.png/",
    ):
        bucket.put(key, b"x")
    bucket.put("p/notes.txt", b"x")
    walk = listing("s3://pictures/p", frozenset({"s3://pictures/p/out"}))
    found = list(walk)
    assert [one.path for one in found] == [f"s3://pictures/{key}" for key in ODD]
    assert (walk.others, walk.unlisted) == (1, [])
    for number, one in enumerate(found):
        data = read_bytes(one.path)
        assert data == png(number)
        assert one.size == len(data)
        assert len(one.etag) == 32
        assert one.mtime_ns > 0


def test_a_whole_bucket_and_a_single_picture(bucket: Bucket) -> None:
    bucket.put("a.png", png(1))
    bucket.put("p/b.png", png(2))
    assert [one.path for one in listing("s3://pictures")] == [
        "s3://pictures/a.png",
        "s3://pictures/p/b.png",
    ]
    (single,) = listing("s3://pictures/a.png")
    (same,) = [one for one in listing("s3://pictures") if one.path == single.path]
    assert single == same


def test_an_object_that_is_called_like_a_folder_hides_none_of_it(bucket: Bucket) -> None:
    bucket.put("p", b"")
    bucket.put("p/b.png", png(2))
    assert "s3://pictures/p/b.png" in [one.path for one in listing("s3://pictures/p")]


def test_each_page_of_the_listing_is_one_request(bucket: Bucket) -> None:
    bucket.fill({f"p/{number % 50}/{number:04}.png": b"x" for number in range(2500)})
    bucket.asked.clear()
    assert len({one.path for one in listing("s3://pictures/p")}) == 2500
    # Three of a thousand at most; before that it is looked whether there is anything.
    assert bucket.asked == [("HEAD", "/pictures/p")] + 4 * [("GET", "/pictures")]


def test_a_listing_that_breaks_off_says_so(bucket: Bucket) -> None:
    bucket.fill({f"p/{number:04}.png": b"x" for number in range(1001)})
    bucket.broken = lambda method, path: "continuation-token" in path
    walk = listing("s3://pictures/p")
    assert len(list(walk)) == 1000
    ((folder, why),) = walk.unlisted
    assert folder == "s3://pictures/p"
    assert "does not answer" in why


def test_what_is_not_there(bucket: Bucket) -> None:
    bucket.put("p/a.png", b"x")
    assert exists("s3://pictures")
    assert exists("s3://pictures/p")
    assert exists("s3://pictures/p/a.png")
    assert not exists("s3://pictures/q")
    assert not exists("s3://no-such-bucket/p")
    with pytest.raises(MissingPicture, match="nothing at that address"):
        read_bytes("s3://pictures/p/b.png")
    walk = listing("s3://no-such-bucket/p")
    assert (list(walk), walk.unlisted) == ([], [])


def test_a_picture_is_fetched_with_one_request(bucket: Bucket) -> None:
    bucket.put("a.png", png(1))
    read_bytes("s3://pictures/a.png")
    bucket.asked.clear()
    assert read_bytes("s3://pictures/a.png") == png(1)
    assert bucket.asked == [("GET", "/pictures/a.png")]


def test_an_empty_object(bucket: Bucket) -> None:
    bucket.put("a.png", b"")
    with pytest.raises(EmptyPicture):
        read_bytes("s3://pictures/a.png")


def test_a_large_object_is_fetched_whole_and_a_huge_one_not(bucket: Bucket, monkeypatch) -> None:
    monkeypatch.setattr(remote, "_FIRST_BYTES", 1000)
    monkeypatch.setattr(limits, "MAX_BYTES", 5000)
    bucket.put("fits.png", b"x" * 5000)
    bucket.put("huge.png", b"x" * 5001)
    assert len(read_bytes("s3://pictures/fits.png")) == 5000
    bucket.asked.clear()
    with pytest.raises(PictureTooLarge, match="at most"):
        read_bytes("s3://pictures/huge.png")
    assert bucket.asked == [("GET", "/pictures/huge.png"), ("HEAD", "/pictures/huge.png")]


def test_a_fault_of_the_server_is_tried_again_and_then_told(
    bucket: Bucket, connected: pytest.MonkeyPatch
) -> None:
    connected.setattr(access, "_S3_TRIES", 2)
    bucket.put("a.png", png(1))
    bucket.put("b.png", png(2))
    left = [1]

    def broken(method: str, path: str) -> bool:
        left[0] -= 1
        return left[0] >= 0

    bucket.broken = broken
    assert read_bytes("s3://pictures/a.png") == png(1)
    bucket.broken = lambda method, path: "b.png" in path
    with pytest.raises(UnreachablePicture, match="the next run tries it again") as refused:
        read_bytes("s3://pictures/b.png")
    assert refused.value.reason == "unreachable"
    assert read_bytes("s3://pictures/a.png") == png(1)


def test_when_nothing_answers_any_more_the_rest_is_left_for_another_run(
    bucket: Bucket, connected: pytest.MonkeyPatch
) -> None:
    connected.setattr(remote, "_MOST_SILENT", 2)
    connected.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UnreachablePicture):
        read_bytes("s3://pictures/a.png")
    with pytest.raises(UsageError, match="cannot look into s3://pictures/b.png: it does not answ"):
        read_bytes("s3://pictures/b.png")


def test_without_credentials_it_is_told_how_to_set_them(
    bucket: Bucket, connected: pytest.MonkeyPatch, tmp_path
) -> None:
    bucket.put("a.png", png(1))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        connected.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        connected.setenv(name, str(tmp_path / "none"))
    connected.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(UsageError, match=r"no credentials .* set AWS_ACCESS_KEY_ID"):
        exists("s3://pictures")
    with pytest.raises(UsageError, match="set AWS_ACCESS_KEY_ID"):
        read_bytes("s3://pictures/a.png")
    walk = listing("s3://pictures")
    assert list(walk) == []
    assert "set AWS_ACCESS_KEY_ID" in walk.unlisted[0][1]


def test_credentials_that_are_not_accepted_stop_the_run_and_a_forbidden_object_does_not(
    bucket: Bucket, monkeypatch
) -> None:
    from botocore.exceptions import ClientError

    def refusing(code: str):
        def cat_file(*_args, **_options):
            told = {"Error": {"Code": code, "Message": "no"}}
            error = PermissionError("no")
            raise error from ClientError(
                {**told, "ResponseMetadata": {"HTTPStatusCode": 403}}, "GetObject"
            )

        return cat_file

    files = remote.filesystem("s3://pictures")
    monkeypatch.setattr(files, "info", lambda path: {"type": "file", "size": 1})
    monkeypatch.setattr(files, "cat_file", refusing("ExpiredToken"))
    with pytest.raises(UsageError, match=r"not accepted \(ExpiredToken\)"):
        read_bytes("s3://pictures/a.png")
    monkeypatch.setattr(files, "cat_file", refusing("AccessDenied"))
    with pytest.raises(UnreadablePicture, match="permission denied"):
        read_bytes("s3://pictures/a.png")
