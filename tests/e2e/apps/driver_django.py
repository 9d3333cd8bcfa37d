"""A Django project in one file that keeps a counter in PostgreSQL, at the unix socket in HOST."""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="only for tests", USE_TZ=True,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "test",
        "HOST": os.environ["HOST"],
    }},
)  # fmt: skip
django.setup()


class Counter(models.Model):
    value = models.IntegerField(default=0)

    class Meta:
        app_label = "driver_django"


def increment(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        counter = Counter.objects.select_for_update().get(pk=1)
        counter.value += 1
        counter.save()
    return HttpResponse(str(counter.value))


def ping(request: HttpRequest) -> HttpResponse:
    return HttpResponse("pong")


urlpatterns = [path("increment", increment), path("ping", ping)]


def make_application() -> WSGIHandler:
    with connection.schema_editor() as editor:
        editor.create_model(Counter)
    Counter.objects.create(pk=1)
    connection.close()
    return get_wsgi_application()
