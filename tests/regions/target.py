"""A shop on the internet that answers each region as the name asked for says, http and https.

Serves until it is killed: python target.py FOLDER, which holds ca.pem, trusted.pem and other.pem.
"""

import contextlib
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

# The regions by the third number of the address that they come from.
EU, US, AP = "198.18.0.", "198.18.1.", "198.18.2."
OTHER_SHOP: Final = "198.19.0.2"
SHOP_PAGE: Final = """<!doctype html><html><head><title>{title}</title>
<link rel="stylesheet" href="/s.css"></head><body><h1>{title}</h1><p>Welcome to our shop.</p>
<a href="/a">Shoes</a><a href="/b">Hats</a><a href="/c">Coats</a></body></html>"""
ERRORS: Final = {
    # Name and region: status and page.
    ("legal.shop.test", AP): (451, "Unavailable For Legal Reasons"),
    ("wall.shop.test", US): (403, "Forbidden"),
    ("broken.shop.test", EU): (503, "Service Unavailable"),
}


class Shop(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        """Answer as the name and the region want it."""
        host = (self.headers.get("host") or "").partition(":")[0]
        region = f"{self.client_address[0].rpartition('.')[0]}."
        if (host, region) in ERRORS:
            status, title = ERRORS[host, region]
            self._answer(status, f"<html><title>{title}</title><h1>{title}</h1></html>")
        elif self.path != "/":
            self._answer(404, "<html><title>Not found</title><h1>Not found</h1></html>")
        else:
            is_other = self.request.getsockname()[0] == OTHER_SHOP or (
                (host, region) == ("prices.shop.test", US)
            )
            self._answer(200, SHOP_PAGE.format(title="Other shop" if is_other else "Shop"))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, page: str) -> None:
        body = page.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class SecureShop(ThreadingHTTPServer):
    """The same with TLS: one name has in one region a certificate that nobody vouches for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("0.0.0.0", 443), Shop)
        other = _context(folder / "other.pem")

        def chosen(
            asking: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
        ) -> None:
            if name == "renewed.shop.test":
                asking.context = other

        self._everywhere, self._in_ap = (_context(folder / "trusted.pem") for _ in range(2))
        self._in_ap.sni_callback = chosen

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - its types
        """Shake hands, by where it comes from, and answer; in a thread of this connection."""
        context = self._in_ap if client_address[0].startswith(AP) else self._everywhere
        request.settimeout(Shop.timeout)
        with (
            contextlib.suppress(OSError),  # who hangs up, or does not like what it is shown
            context.wrap_socket(request, server_side=True) as secured,
        ):
            super().finish_request(secured, client_address)


def _context(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def serve(folder: Path) -> None:
    """Serve both until killed; a line tells that both listen."""
    plain = ThreadingHTTPServer(("0.0.0.0", 80), Shop)
    secure = SecureShop(folder)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    print("listening", flush=True)  # noqa: T201 - how it is told
    secure.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
