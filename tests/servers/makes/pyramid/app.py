"""Pyramid's tutorial: a page to view and one that only some may see."""

import sys

from pyramid.config import Configurator
from pyramid.response import Response
from waitress import serve


def hello_world(request):
    return Response("<body><h1>Hello World!</h1></body>")


with Configurator() as config:
    config.add_route("hello", "/")
    config.add_view(hello_world, route_name="hello")
    app = config.make_wsgi_app()
serve(app, host=sys.argv[1], port=int(sys.argv[2]))
