"""Tornado's guide: a page with a form, and a login that cookies remember."""

import asyncio
import sys

import tornado


class BaseHandler(tornado.web.RequestHandler):
    def get_current_user(self):
        return self.get_signed_cookie("user")


class MainHandler(BaseHandler):
    @tornado.web.authenticated
    def get(self):
        self.write("Hello, " + tornado.escape.xhtml_escape(self.current_user))


class LoginHandler(BaseHandler):
    def get(self):
        self.write(
            '<html><body><form action="/login" method="post">'
            'Name: <input type="text" name="name">'
            '<input type="submit" value="Sign in">'
            "</form></body></html>"
        )

    def post(self):
        self.set_signed_cookie("user", self.get_argument("name"))
        self.redirect("/")


async def main():
    app = tornado.web.Application(
        [(r"/", MainHandler), (r"/login", LoginHandler)],
        cookie_secret="development",
        login_url="/login",
    )
    app.listen(int(sys.argv[2]), sys.argv[1])
    await asyncio.Event().wait()


asyncio.run(main())
