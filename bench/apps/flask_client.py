"""flask_upstream.py with greenroom.http in the place of requests."""

import os

from flask import Flask
from greenroom import http

UPSTREAM = os.environ["UPSTREAM"]  # host:port

app = Flask(__name__)
client = http.Client(connections_per_origin=1000)


@app.get("/")
def index():
    response = client.get(f"http://{UPSTREAM}/")
    return {"status": response.status_code, "text": response.text}
