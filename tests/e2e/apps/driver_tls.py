"""requests, urllib3 and asyncio, to the https server at URL whose CA is in CA."""

import asyncio
import os
import ssl

import requests
import urllib3
from functions import application, ping

URL, CA = os.environ["URL"], os.environ["CA"]

session = requests.Session()
session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=100))
session.trust_env, session.verify = False, CA
manager = urllib3.PoolManager(ca_certs=CA, cert_reqs="CERT_REQUIRED", maxsize=100, retries=False)
few = urllib3.PoolManager(
    ca_certs=CA, cert_reqs="CERT_REQUIRED", maxsize=5, block=True, retries=False
)


def by_requests(path):
    return session.get(URL + path, timeout=10).text


def by_urllib3(path):
    return manager.request("GET", URL + path, timeout=10).data.decode()


def by_few(path):
    return few.request("GET", URL + path, timeout=10).data.decode()


async def fetch(path):
    context = ssl.create_default_context(cafile=CA)
    host, port = URL.removeprefix("https://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2].decode()


async def fetch_all(path):
    return await asyncio.gather(fetch(path), fetch(path), asyncio.to_thread(by_urllib3, path))


def by_asyncio(path):
    return asyncio.run(fetch_all(path))


def without_ca():
    try:
        return requests.get(URL, timeout=10).text
    except requests.exceptions.SSLError as error:
        return "certificate verify failed" in str(error)


app = application(ping, by_requests, by_urllib3, by_few, by_asyncio, without_ca)
