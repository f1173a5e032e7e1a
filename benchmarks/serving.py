"""How many searches a second `lookalike serve` answers, how long they take, and what load does.

    python benchmarks/serving.py --data ../shared/data [--gallery FOLDER] [--seconds 15]
                                 [--soak MINUTES] [--overload] [--markdown FILE]

A gallery of the pictures in DATA/products and DATA/caltech101 is indexed (once, if --gallery names
a folder that is kept), and a real server is started over it. The clients run in this process, on
the same processors as the server: 1, 8 and 64 at a time, each asking again as soon as it has its
answer. Uploads are different pictures each time, JPEGs of about 2 megapixels.

--soak: 8 clients ask for MINUTES on end, all kinds of requests mixed; the memory of the server
with its children is read every few seconds. --overload: requests come at ten times the rate that
was answered, whether there are answers or not.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from machine import machine
from serving_clients import Answers, closed_loop, get, open_loop, post_picture
from serving_server import Running, started

CLIENTS = (1, 8, 64)
QUERIES = 40  # different uploads


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--gallery", type=Path, metavar="FOLDER", help="kept for the next run")
    parser.add_argument("--seconds", type=float, default=15.0, help="for each figure")
    parser.add_argument("--soak", type=float, default=0.0, metavar="MINUTES")
    parser.add_argument("--overload", action="store_true")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.gallery or Path(scratch) / "gallery"
        ids = indexed(folder, arguments.data)
        uploads = pictures(arguments.data)
        with started(folder) as server:
            text = asyncio.run(measured(server, ids, uploads, arguments))
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text + "\n", "utf-8")


def indexed(folder: Path, data: Path) -> list[int]:
    from lookalike import Gallery

    with Gallery.open(folder) as gallery:
        if not gallery.info().pictures:
            gallery.sync(data / "products", data / "caltech101")
        total = gallery.pictures(top=1).total
        page = gallery.pictures(skip=0, top=min(total, 1000))
        return [picture.id for picture in page.items]


def pictures(data: Path) -> list[bytes]:
    """Return JPEGs of about 2 megapixels, made of photographs."""
    from PIL import Image

    files = sorted((data / "holidays").rglob("*.jpg"))[:QUERIES]
    if not files:
        sys.exit(f"there are no photographs in {data / 'holidays'}")
    made = []
    for file in files:
        with Image.open(file) as photo:
            scale = (2_000_000 / (photo.width * photo.height)) ** 0.5
            size = round(photo.width * scale), round(photo.height * scale)
            out = io.BytesIO()
            photo.convert("RGB").resize(size).save(out, "JPEG", quality=90)
            made.append(out.getvalue())
    return made


async def measured(
    server: Running, ids: list[int], uploads: list[bytes], arguments: argparse.Namespace
) -> str:
    base = f"/v1/galleries/{server.gallery}"
    draw = random.Random(0)

    def by_id() -> bytes:
        return get(f"{base}/pictures/{draw.choice(ids)}/similar?top=10")

    def by_upload() -> bytes:
        return post_picture(f"{base}/search/upload?top=10", draw.choice(uploads))

    def thumbnail() -> bytes:
        return get(f"{base}/pictures/{draw.choice(ids)}/thumbnail?size=320")

    def mixed() -> bytes:
        kind = draw.random()
        return by_upload() if kind < 0.1 else by_id() if kind < 0.4 else thumbnail()

    size = statistics.mean(map(len, uploads)) / 1000
    lines = [
        machine() + "; the clients run on the same processors",
        f"{server.pictures:,} pictures; uploads of {size:,.0f} kB",
        "",
        "| requests | clients | answers/s | p50 ms | p99 ms | not 200 |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    rates: dict[str, float] = {}
    kinds: tuple[tuple[str, Callable[[], bytes]], ...] = (
        ("search by id", by_id),
        ("search by upload", by_upload),
        ("thumbnail, made before", thumbnail),
    )
    for name, request in kinds:
        await closed_loop(server.port, 8, 3.0, request)  # warm
        for clients in CLIENTS:
            found = await closed_loop(server.port, clients, arguments.seconds, request)
            rates[name] = max(rates.get(name, 0), found.rate)
            lines.append(f"| {name} | {clients} | {row(found)} |")
            print(lines[-1], flush=True)
    if arguments.overload:
        lines += await overloaded(server, by_upload, rates["search by upload"], arguments.seconds)
    if arguments.soak:
        lines += await soaked(server, mixed, arguments.soak)
    return "\n".join(lines)


def row(found: Answers) -> str:
    other = ", ".join(f"{n} × {status}" for status, n in sorted(found.others().items())) or "0"
    return (
        f"{found.rate:,.0f} | {found.percentile(50):,.0f} | {found.percentile(99):,.0f} | {other}"
    )


async def overloaded(
    server: Running, request: Callable[[], bytes], rate: float, seconds: float
) -> list[str]:
    before = await closed_loop(server.port, 8, 5.0, request)
    during = await open_loop(server.port, 10 * rate, seconds, request)
    after = await closed_loop(server.port, 8, 5.0, request)
    return [
        "",
        f"Ten times the load: {10 * rate:,.0f} uploads/s for {seconds:.0f} s.",
        "",
        "| | answers/s | p50 ms | p99 ms | not 200 |",
        "|---|--:|--:|--:|--:|",
        f"| before, 8 clients | {row(before)} |",
        f"| meanwhile | {row(during)} |",
        f"| right after, 8 clients | {row(after)} |",
    ]


async def soaked(server: Running, request: Callable[[], bytes], minutes: float) -> list[str]:
    readings: list[float] = []
    load = asyncio.create_task(closed_loop(server.port, 8, 60 * minutes, request))
    while not load.done():
        readings.append(server.memory() / 1e6)
        await asyncio.wait([load], timeout=3)
    found = load.result()
    lines = [
        "",
        f"{minutes:g} minutes of 8 clients, everything mixed: {found.count:,} requests.",
        "",
        "| answers/s | p50 ms | p99 ms | not 200 |",
        "|--:|--:|--:|--:|",
        f"| {row(found)} |",
        "",
        "| tenth | memory of server and children, MB |",
        "|---|--:|",
    ]
    tenths = np.array_split(np.array(readings), 10)
    for number, part in enumerate(tenths, start=1):
        lines.append(f"| {number} | {part.min():,.0f} to {part.max():,.0f} |")
    return lines


if __name__ == "__main__":
    main()
