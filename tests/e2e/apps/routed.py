"""Flask, with routes of all kinds."""

from flask import Blueprint, Flask
from flask.views import MethodView
from werkzeug.middleware.proxy_fix import ProxyFix

flask_app = Flask(__name__, static_folder=None)
shop = Blueprint("shop", __name__, url_prefix="/shop")


@flask_app.get("/orders/<int(min=5):number>/<any(red, blue):colour>")
def order(number, colour):
    """One order,
    in a colour.

    This is not for everybody.
    """
    return f"{number} {colour}\n"


@flask_app.get("/it's/$(touch hacked)/<path:rest>")
def odd(rest):
    return f"odd {rest}\n"


class Basket(MethodView):
    """What somebody may buy."""

    def get(self, key):
        return f"basket {key}\n"

    def put(self, key):
        return f"new basket {key}\n"


shop.add_url_rule("/<uuid:key>/<float:share>", view_func=lambda key, share: f"{share}\n", endpoint="share")
shop.add_url_rule("/baskets/<string(length=3):key>", view_func=Basket.as_view("basket"))
flask_app.register_blueprint(shop)
app = ProxyFix(flask_app)
