"""A small site of Django in one file."""

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import engines
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="development",
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
)

PAGE = """<!doctype html><html lang="en"><head><title>{{ title }} | Stones</title></head><body>
<header><a href="/">Stones</a> <a href="/about/">About</a>
<form action="/search/"><input type="search" name="q"><button>Search</button></form></header>
<main><h1>{{ title }}</h1><p>Our stones come from the quarries of the region.</p></main>
</body></html>"""


def page(title):
    def view(request):
        return HttpResponse(engines["django"].from_string(PAGE).render({"title": title}, request))

    return view


urlpatterns = [path("", page("Stones for gardens")), path("about/", page("About us"))]
application = get_wsgi_application()

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "")
    execute_from_command_line(sys.argv)
