"""A Django application that leaves logging as Django sets it up."""

import logging

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(DEBUG=False, ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x")


def hello(request):
    logging.getLogger("shop").warning("a view says hello")
    return HttpResponse("hello")


def fail(request):
    raise RuntimeError("Django failed")


urlpatterns = [path("hello", hello), path("fail", fail)]
app = get_wsgi_application()
