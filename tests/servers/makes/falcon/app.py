"""Falcon's quickstart."""

import falcon


class QuoteResource:
    def on_get(self, req, resp):
        resp.media = {
            "quote": "I am interested in the future.",
            "author": "Hopper",
        }


app = falcon.App()
app.add_route("/quote", QuoteResource())
