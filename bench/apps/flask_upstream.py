"""Calls an HTTP service for each request and returns JSON, as a blocking Flask app does it."""

import os

import requests
from flask import Flask

UPSTREAM = os.environ["UPSTREAM"]  # host:port

app = Flask(__name__)
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1000, pool_maxsize=1000))


@app.get("/")
def index():
    response = session.get(f"http://{UPSTREAM}/")
    return {"status": response.status_code, "text": response.text}
