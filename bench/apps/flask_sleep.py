"""A Flask route that sleeps for as many milliseconds as its path says: /10, /1000."""

import time

from flask import Flask

app = Flask(__name__)


@app.get("/<int:milliseconds>")
def index(milliseconds):
    time.sleep(milliseconds / 1000)
    return "awake\n"
