"""Sleeps for as many milliseconds as the path says: /10, /1000."""

import asyncio

from aiohttp import web


async def index(request: web.Request) -> web.Response:
    await asyncio.sleep(int(request.match_info["milliseconds"]) / 1000)
    return web.Response(text="awake\n")


app = web.Application()
app.router.add_get(r"/{milliseconds:\d+}", index)
