"""A Link header, a viewer's page and its script: a bounded number of absolute addresses."""

from services.prober.judge.documentation import documentation_in
from services.prober.judge.documentation_links import (
    addresses_in_settings,
    addresses_of_viewer,
    links_in,
)
from services.prober.judge.documentation_ui import VIEWERS, embedded_document_in
from services.prober.judge.names import web_host_of
from tests.fuzz.target import Target
from tests.unit.prober.judge.shapes import answer, ready

_LINKS = 16


def check(noise: bytes) -> None:
    """Read noise as a header, and as a page."""
    headers = {"link": noise.decode("latin-1")}
    for kind in ("text/html", "application/linkset+json"):
        page = ready(answer(200, noise, kind=kind, headers=headers))
        links = links_in(page)
        assert len(links) <= _LINKS
        assert all(web_host_of(link.url) for link in links)
        for viewer in VIEWERS:
            urls = addresses_of_viewer(viewer.id, page)
            assert all(map(web_host_of, urls))
            assert len(urls) <= 2 * _LINKS + 2
            embedded_document_in(viewer.id, page)
    settings = addresses_in_settings(ready(answer(200, noise, kind="application/json")))
    assert len(settings) <= _LINKS
    assert all(map(web_host_of, settings))
    path = "/docs/swagger-ui-init.js"
    script = ready(answer(200, noise, path=path, kind="application/javascript"))
    held = documentation_in(script)
    assert held is None or not held.ui or held.type in {"openapi", "swagger"}


TARGET = Target(
    check=check,
    seeds=(
        b'</o>; rel="service-desc"; type="a/b", <https://x/>; rel=service-doc',
        b'<link rel="service-desc" href="/o"><redoc spec-url=/o.json></redoc>',
        b'<script>SwaggerUIBundle({url: \'/o\', spec: {"openapi": "3.0.0"}})</script>',
        b'var options = {"swaggerDoc": {"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}};',
        b'{"configUrl":"/c","urls":[{"url":"/o","name":"a"}]}',
        b'{"linkset":[{"service-desc":[{"href":"/o"}]}]}',
        b'<script>fetch(`/graphql`)</script><script>Redoc.init({"a":1})</script>',
    ),
)
