"""Flask applications for hosts, and within one another."""

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix


def make(name: str) -> Flask:
    made = Flask(name, static_folder=None)
    made.add_url_rule("/items/<int:number>", endpoint=name, view_func=lambda number: f"{number} of {name}\n")
    return made


app = make("shop")
old = DispatcherMiddleware(make("old"), {"/admin": make("older")})
app.wsgi_app = ProxyFix(DispatcherMiddleware(app.wsgi_app, {"/admin": make("admin"), "/old": old}), x_prefix=1)

tenants = Flask("tenants", static_folder=None, subdomain_matching=True)
tenants.config["SERVER_NAME"] = "shop.example:80"
tenants.add_url_rule("/", endpoint="all", view_func=lambda: "all\n")
tenants.add_url_rule("/<int:number>", subdomain="<tenant>", endpoint="one",
                     view_func=lambda tenant, number: f"{number} of {tenant}\n")  # fmt: skip

hosts = Flask("hosts", static_folder=None, host_matching=True)
hosts.add_url_rule("/", host="api.shop.example", endpoint="api", view_func=lambda: "api\n")
hosts.add_url_rule("/", host="<any(it, fr):country>.shop.example", endpoint="country",
                   view_func=lambda country: f"{country}\n")  # fmt: skip
