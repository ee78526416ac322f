"""How soon a served index answers: 1, 8 and 64 clients that send pictures at once.

    python -m tfretrieval.search serve --index INDEX
    python -m benchmarks.search_server --images FOLDER

Every client sends a picture, waits for the answer, and sends the next. Of all answers: how many a
second, and after how many milliseconds half of them and 95 % of them were there.
"""

import argparse
import asyncio
import random
import time
from pathlib import Path

import httpx

CLIENTS, ANSWERS, PICTURES = (1, 8, 64), (60, 120, 240), 200


async def measured(address: str, files: list[bytes], clients: int, answers: int) -> list[float]:
    """Seconds in all, then of each answer, ascending."""
    seconds: list[float] = []
    numbers = iter(range(answers))

    async def client(connection: httpx.AsyncClient) -> None:
        for number in numbers:
            start = time.perf_counter()
            answer = await connection.post("/api/search", content=files[number % len(files)])
            answer.raise_for_status()
            seconds.append(time.perf_counter() - start)

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=120) as connection:
        start = time.perf_counter()
        await asyncio.gather(*(client(connection) for _ in range(clients)))
        whole = time.perf_counter() - start
    return [whole, *sorted(seconds)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", required=True)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    options = parser.parse_args()
    paths = sorted(Path(options.images).rglob("*.jpg"))
    drawn = random.Random(0).sample(paths, min(PICTURES, len(paths)))
    files = [path.read_bytes() for path in drawn]
    print("| clients | answers a second | p50, ms | p95, ms |\n|---|---|---|---|")
    for clients, answers in zip(CLIENTS, ANSWERS, strict=True):
        whole, *each = asyncio.run(measured(options.address, files, clients, answers))
        half, most = (1000 * each[int(share * (len(each) - 1))] for share in (0.5, 0.95))
        print(f"| {clients} | {answers / whole:.1f} | {half:.0f} | {most:.0f} |", flush=True)


if __name__ == "__main__":
    main()
