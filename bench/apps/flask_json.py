"""A Flask route that returns a small JSON object."""

from flask import Flask, jsonify

app = Flask(__name__)


@app.get("/json")
def index():
    return jsonify(message="Hello, World!")
