"""Quart's quickstart, with a page to read."""

from quart import Quart, render_template_string

app = Quart(__name__)

PAGE = """<!doctype html>
<html lang="en">
  <head><title>{{ title }}</title></head>
  <body>
    <nav><a href="/">Home</a> <a href="/news">News</a> <a href="/login">Log in</a></nav>
    <h1>{{ title }}</h1>
    <p>Readings take place on the first Friday of the month, in the reading room.</p>
  </body>
</html>"""


@app.get("/")
async def home():
    return await render_template_string(PAGE, title="The library")


@app.get("/news")
async def news():
    return await render_template_string(PAGE, title="News")
