"""The page that every target serves: a small site's front page, about 1 KiB."""

from typing import Final

_LINKS: Final = "".join(
    f'<li><a href="/part/{number}">Part {number}</a></li>' for number in range(20)
)

PAGE: Final = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>A small site</title></head>"
    f"<body><h1>A small site</h1><p>Served for the benchmarks.</p><ul>{_LINKS}</ul></body></html>"
).encode()
