"""An aiohttp route that returns a small JSON object."""

from aiohttp import web


async def index(request: web.Request) -> web.Response:
    return web.json_response({"message": "Hello, World!"})


app = web.Application()
app.router.add_get("/json", index)
