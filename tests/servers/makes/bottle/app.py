"""Bottle's example."""

import sys

from bottle import route, run, template


@route("/hello/<name>")
def index(name):
    return template("<b>Hello {{name}}</b>!", name=name)


run(host=sys.argv[1], port=int(sys.argv[2]))
