"""A Flask application."""

from flask import Flask, Response, jsonify, request, send_file

app = Flask(__name__)


@app.get("/hello/<name>")
def hello(name):
    return f"Hello, {name}!"


@app.post("/form")
def form():
    return jsonify(fields=request.form.to_dict(), files={
        name: file.read().decode() for name, file in request.files.items()
    })


@app.post("/json")
def echo_json():
    return jsonify(request.get_json())


@app.get("/stream")
def stream():
    return Response((f"line {number}\n" for number in range(3)), mimetype="text/plain")


@app.get("/file")
def file():
    return send_file(__file__, mimetype="text/x-python")


@app.get("/fail")
def fail():
    raise ZeroDivisionError("in a view")


@app.get("/address")
def address():
    return jsonify(url=request.url, remote=request.remote_addr, root=request.root_path)
