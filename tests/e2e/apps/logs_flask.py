"""A Flask application with a log of its own making, to the console and to a file."""

import logging.config
import os

from flask import Flask, request

logging.config.dictConfig({
    "version": 1,
    "formatters": {"own": {"format": "OWN %(levelname)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "own", "level": "WARNING"},
        "file": {"class": "logging.FileHandler", "formatter": "own",
                 "filename": os.environ["FLASK_LOG"]},
    },
    "root": {"level": "INFO", "handlers": ["console", "file"]},
})

app = Flask(__name__)


@app.get("/hello")
def hello():
    app.logger.info("info of Flask")
    app.logger.warning("warning of Flask")
    request.environ["wsgi.errors"].write("to wsgi.errors\n")
    return "hello"


@app.get("/fail")
def fail():
    raise RuntimeError("Flask failed")
