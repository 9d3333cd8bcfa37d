"""A Django project in one file."""

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="only for tests", USE_TZ=True
)


def hello(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(f"Hello, {name}!")


def form(request: HttpRequest) -> JsonResponse:
    return JsonResponse({
        "fields": request.POST.dict(),
        "files": {name: file.read().decode() for name, file in request.FILES.items()},
    })


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(f"line {number}\n" for number in range(3))


urlpatterns = [path("hello/<str:name>", hello), path("form", form), path("stream", stream)]


def make_application() -> WSGIHandler:
    return get_wsgi_application()
