"""CherryPy's tutorial."""

import sys

import cherrypy


class HelloWorld:
    @cherrypy.expose
    def index(self):
        return "Hello world!"


cherrypy.config.update(
    {
        "server.socket_host": sys.argv[1],
        "server.socket_port": int(sys.argv[2]),
        "server.ssl_module": "builtin",
        "server.ssl_certificate": sys.argv[3],
        "server.ssl_private_key": sys.argv[4],
    }
)
cherrypy.quickstart(HelloWorld())
