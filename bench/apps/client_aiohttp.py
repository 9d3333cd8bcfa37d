"""GETs by aiohttp's client: client_aiohttp.py URL CONNECTIONS SECONDS. See bench/micro/client.c."""

import asyncio
import resource
import sys
import time

import aiohttp


async def main(url: str, connections: int, seconds: float) -> None:
    answered = 0
    end = time.monotonic() + seconds

    async def get_again_and_again(session: aiohttp.ClientSession) -> None:
        nonlocal answered
        while time.monotonic() < end:
            async with session.get(url) as answer:
                await answer.read()
            answered += 1

    before = used()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(get_again_and_again(session) for _ in range(connections)))
    print(f"{answered}\t{(used() - before) * 1e6:.0f}")


def used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
