"""Calls an HTTP service for each request and returns JSON, on asyncio."""

import os

import aiohttp
from aiohttp import web

UPSTREAM = os.environ["UPSTREAM"]  # host:port


async def index(request: web.Request) -> web.Response:
    async with request.app["session"].get(f"http://{UPSTREAM}/") as response:
        return web.json_response({"status": response.status, "text": await response.text()})


async def session(app: web.Application):
    connector = aiohttp.TCPConnector(limit=1000)
    async with aiohttp.ClientSession(connector=connector) as app["session"]:
        yield


app = web.Application()
app.cleanup_ctx.append(session)
app.router.add_get("/", index)
