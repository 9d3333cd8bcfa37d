"""Flask, with a service at STOCK, and routes that are described to deceive the dashboard."""

import os
import urllib.request

from flask import Flask

app = Flask(__name__, static_folder=None)


@app.get("/stock/<int:number>")
def stock(number):
    """<script>alert(1)</script><img src=x onerror=alert(2)>"""
    try:
        with urllib.request.urlopen(os.environ["STOCK"], timeout=10) as answer:
            return answer.read()
    except OSError as error:
        return str(error)


@app.post("/orders/<path:rest>")
def order(rest):
    return "fine\n"
