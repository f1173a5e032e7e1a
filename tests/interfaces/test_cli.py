"""The command line, as a person uses it: the real program, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image as pillow

PROGRAM = [sys.executable, "-W", "error", "-m", "lookalike"]


def lookalike(
    *arguments: str | Path, given: bytes | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*PROGRAM, *map(str, arguments)], input=given, capture_output=True)
    return subprocess.CompletedProcess(
        done.args,
        done.returncode,
        done.stdout.decode(errors="surrogateescape"),
        done.stderr.decode(errors="surrogateescape"),
    )


def done(*arguments: str | Path, given: bytes | None = None) -> str:
    result = lookalike(*arguments, given=given)
    assert result.returncode == 0, result.stderr
    return result.stdout


def failed(code: int, *arguments: str | Path) -> str:
    """Return the one line that a failing command says."""
    result = lookalike(*arguments)
    assert result.returncode == code, (result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def indexed(folder: Path) -> Path:
    done("index", folder, "-d", "pixels")
    return folder


def test_from_a_folder_to_a_plot(folder: Path, tmp_path: Path) -> None:
    first = done("index", folder)
    assert "6 added" in first
    assert "6 pictures in the gallery" in first
    assert "6 unchanged" in done("index")
    info = done("info")
    assert "glance · 6 vectors of 256 components, cosine  glance@2:edition=1" in info
    assert "glance_copy · 6 vectors" in info
    table = done("search", folder / "a0.png", "--top", "3", "--plot", tmp_path / "plot.png")
    assert table.count("%") == 3
    assert "glance, cosine distance, among 6 different pictures" in table
    with pillow.open(tmp_path / "plot.png") as plot:
        assert plot.width > 400


def test_json_lines(indexed: Path) -> None:
    lines = [json.loads(line) for line in done("search", indexed / "a0.png", "--json").splitlines()]
    assert [line["rank"] for line in lines] == [1, 2, 3, 4, 5]
    assert set(lines[0]) >= {"id", "path", "distance", "similarity", "identical", "sha256"}
    assert Path(lines[0]["path"]).exists()


def test_paths_for_pipes(indexed: Path) -> None:
    lines = done("search", indexed / "a0.png", "--paths", "-n", "2").splitlines()
    assert len(lines) == 2
    assert all(Path(line).exists() for line in lines)
    zeros = done("search", indexed / "a0.png", "--paths", "-0", "-n", "2")
    assert zeros.split("\0")[:2] == lines


def test_standard_input_and_ids(indexed: Path) -> None:
    data = (indexed / "a0.png").read_bytes()
    first = json.loads(done("search", "-", "--json", given=data).splitlines()[0])
    assert (first["path"], first["identical"]) == (str(indexed / "a0.png"), True)
    by_id = done("search", str(first["id"]), "--paths")
    assert by_id == done("search", indexed / "a0.png", "--paths")


def test_a_page(indexed: Path, tmp_path: Path) -> None:
    done("search", indexed / "a0.png", "--sheet", tmp_path / "sheet.html")
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert "a1.png" in page
    assert page.count("data:image/jpeg") == 6


def test_compare(indexed: Path, tmp_path: Path) -> None:
    out = done(
        "compare", indexed / "a0.png", indexed / "a1.png", indexed / "a0.png",
        "--plot", tmp_path / "compared.png",
    )  # fmt: skip
    assert "count_histogram" in out
    assert "a0.png is nearer to a1.png under 0, a0.png under" in out
    assert (tmp_path / "compared.png").exists()
    rows = [
        json.loads(r)
        for r in done("compare", indexed / "a0.png", indexed / "a1.png", "--json").splitlines()
    ]
    assert {row["descriptor"].partition("@")[0] for row in rows} >= {"lbp", "hog", "phash"}


def test_info_failures_remove(indexed: Path) -> None:
    (indexed / "bad.jpg").write_bytes(b"GIF89a")
    result = lookalike("index")
    assert result.returncode == 0
    assert "1 failed" in result.stdout
    assert "bad.jpg" in result.stderr
    assert "bad.jpg" in done("failures")
    assert json.loads(done("failures", "--json"))["reason"] == "corrupt"
    assert "1 picture removed" in done("remove", indexed / "a0.png")
    info = json.loads(done("info", "--json"))
    assert (info["pictures"], info["failures"], info["excluded"]) == (5, 1, 1)
    assert str(indexed) in done("info")


def test_descriptors_and_doctor() -> None:
    listed = done("descriptors")
    assert all(name in listed for name in ("hsv_histogram", "phash", "vgg16", "clip_vit_b32"))
    assert "\nglance* " in listed
    assert "\nglance_copy* " in listed
    assert "bins" in done("descriptors", "hsv_histogram")
    assert "edition=1" in done("descriptors", "glance")
    report = json.loads(done("doctor", "--json"))
    readable = {f["name"] for f in report["formats"] if f["readable"]}
    assert {"JPEG", "PNG", "WebP", "GIF", "TIFF", "BMP"} <= readable
    assert "yes" in done("doctor")


def test_one_line_for_an_error_and_a_traceback_for_debug(indexed: Path, tmp_path: Path) -> None:
    assert "no such file" in failed(1, "search", tmp_path / "nowhere.jpg").lower()
    assert "traceback" in lookalike("search", tmp_path / "no.jpg", "--debug").stderr.lower()
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    assert "bad.jpg" in failed(1, "search", tmp_path / "bad.jpg")
    assert "did you mean" in failed(2, "search", indexed / "a0.png", "-d", "pixel")
    assert "no gallery" in failed(1, "info", "-g", tmp_path / "none")
    assert "no folder" in failed(1, "index", tmp_path / "nowhere")
    assert "make one" in failed(1, "index", "-g", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    assert "cannot write" in failed(
        2, "search", indexed / "a0.png", "--sheet", tmp_path / "no" / "x.html"
    )
    assert "say what to remove" in failed(2, "remove")
    assert lookalike("search", "x.jpg", "--nonsense").returncode == 2


def test_busy_has_an_exit_code_of_its_own(indexed: Path) -> None:
    from lookalike import Gallery

    with Gallery.open() as gallery, gallery._catalog.writing():
        assert f"process {os.getpid()}" in failed(3, "index")
        assert done("search", indexed / "a0.png", "--paths")


def test_nothing_but_failures_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "bad.png").write_bytes(b"nothing")
    assert lookalike("index", tmp_path / "pictures", "-d", "pixels").returncode == 1


def test_names_that_would_command_the_terminal(folder: Path, draw) -> None:
    evil = draw(folder / "x.png", 5).rename(folder / "\x1b[2J[red]evil\n.png")
    odd = draw(folder / "y.png", 6).rename(Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png")))
    done("index", folder, "-d", "pixels")
    table = done("search", folder / "a0.png")
    assert "\x1b[2J" not in table
    assert "[red]evil" in table
    paths = done("search", folder / "a0.png", "--paths", "--null").split("\0")
    assert {str(evil), str(odd)} <= set(paths)
    lines = [json.loads(line) for line in done("search", folder / "a0.png", "--json").splitlines()]
    assert str(odd) in {line["path"] for line in lines}


def test_a_closed_pipe_is_no_error(indexed: Path) -> None:
    command = " ".join(f"'{part}'" for part in [*PROGRAM, "search", indexed / "a0.png", "--json"])
    result = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{command} | true"], capture_output=True, text=True
    )
    assert "Traceback" not in result.stderr
    assert "BrokenPipe" not in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_leaves_a_usable_gallery(folder: Path, draw) -> None:
    for seed in range(300):
        draw(folder / f"{seed}.png", 100 + seed, (400, 300))
    process = subprocess.Popen(
        [*PROGRAM, "index", str(folder), "-d", "hog", "--workers", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    from lookalike import Gallery

    with Gallery.open() as gallery:
        while gallery.info().pictures < 32:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 130, said
        assert "kept" in said
        assert "Traceback" not in said
        assert gallery.info().pictures < 306
    assert "added" in done("index")
    with Gallery.open() as gallery:
        assert gallery.info().pictures == 306


def test_shards_one_after_the_other(folder: Path) -> None:
    reports = [
        json.loads(done("index", str(folder), "--json", "--workers", "1", "--shard", f"{part}/2"))
        for part in (1, 2)
    ]
    assert sum(report["added"] for report in reports) == 6
    assert "6 unchanged" in done("index")
    for option, value in [("--shard", "2"), ("--workers", "rey"), ("--workers", "-1")]:
        assert option.strip("-s") in failed(2, "index", str(folder), option, value)


def test_the_demo(tmp_path: Path) -> None:
    said = done("demo", tmp_path / "demo")
    assert "lookalike index ~/Pictures" in said
    with pillow.open(tmp_path / "demo" / "matches.png") as plot:
        assert plot.width > 400
    assert "lookalike index ~/Pictures" in done("demo", tmp_path / "demo")


def test_help_answers_without_the_heavy_libraries() -> None:
    code = (
        "import sys; sys.argv = ['lookalike', '--help']\n"
        "from lookalike.interfaces.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'PIL', 'onnxruntime', 'matplotlib', 'pi_heif', 'sqlite3'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "Exit codes" in result.stdout
