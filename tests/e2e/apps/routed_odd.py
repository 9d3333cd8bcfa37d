"""Flask, with views at which whoever describes them may stumble."""

from flask import Flask

app = Flask(__name__, static_folder=None)


def view(doc, name):
    def answer():
        return f"{name}\n"

    answer.__doc__ = doc
    answer.__name__ = name
    return answer


turning = view(None, "turning")
turning.__wrapped__ = turning

app.add_url_rule("/nul", view_func=view("An end in its midst\0.", "nul"))
app.add_url_rule("/half", view_func=view("Half a character \ud800.", "half"))
app.add_url_rule("/turning", view_func=turning)
app.add_url_rule("/" + 1200 * "z", view_func=view(None, "long"))
app.add_url_rule("/" + 40 * "\u20ac", view_func=view(None, "dear"))
app.add_url_rule("/last", view_func=view("The last one.", "last"))
