"""Django, with routes of all kinds."""

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path, re_path
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="only for tests", USE_TZ=True
)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def year(request, shop, year, month=None):
    """What a year was like."""
    return HttpResponse(f"{shop} {year} {month}\n")


class Orders(View):
    def get(self, request, **names):
        return HttpResponse(f"{names}\n")


urlpatterns = [
    path("shops/<slug:shop>/", include([
        path("orders/<uuid:order>", Orders.as_view()),
        re_path(r"^years/(?P<year>[12][0-9]{3})(?:/(?P<month>\d{1,2}))?/?$", year),
    ])),
]  # fmt: skip


def make_application() -> WSGIHandler:
    return get_wsgi_application()
