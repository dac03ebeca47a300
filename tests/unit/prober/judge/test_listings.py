from dataclasses import replace

import pytest

from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.listings import listing_in
from tests.unit.prober.judge.shapes import answer, host, ready

FILES = '<ul><li><a href="a.txt">a.txt</a></ul>'


def titled(title: str) -> PathFacts:
    return answer(200, f"<html><head><title>{title}</title></head><body>{FILES}</body></html>")


def xml(root: str) -> PathFacts:
    body = f'<?xml version="1.0"?><{root} xmlns="http://x/"><Name>b</Name></{root}>'
    return answer(200, body, kind="application/xml")


SHAPES = {
    "listing.index_of": titled("Index of /pub/"),
    "listing.directory_listing_for": titled("Directory listing for /"),
    "listing.mini_httpd": titled("Index of ./"),
    "listing.wsgidav": titled("WsgiDAV - Index of /"),
    "listing.serve_index": titled("listing directory /"),
    "listing.serve": titled("Files within public/"),
    "listing.jetty": titled("Directory: /"),
    "listing.iis": answer(
        200, '<title>host - /</title><pre><A HREF="/">[To Parent Directory]</A><br></pre>'
    ),
    "listing.go": answer(
        200,
        '<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n'
        '<a href="a.txt">a.txt</a>\n</pre>\n',
    ),
    "listing.go_before_1_22": answer(200, '<pre>\n<a href="a.txt">a.txt</a>\n</pre>\n'),
    "listing.bucket": xml("ListBucketResult"),
    "listing.container": xml("EnumerationResults"),
}


@pytest.mark.parametrize("rule", SHAPES)
def test_the_listing_of_a_folder_is_told_and_a_host_of_them_serves_files(rule: str) -> None:
    (evidence,) = listing_in(ready(SHAPES[rule]))
    assert evidence.rule == rule
    verdict = verdict_for(host(SHAPES[rule]))
    assert (verdict.kind, verdict.kind_runner_up) == ("static_files", "website")
    assert verdict.analyzable
    (reason,) = [one for one in verdict.reasons if one.code == "directory_listing"]
    assert reason.evidence == (evidence,)


def test_a_listing_that_was_cut_before_its_links_is_one() -> None:
    page = "<title>Index of /</title><style>i.icon { background: url(data:image/png;base64,iVBO"
    cut = replace(answer(200, page), truncated=True)
    assert [item.rule for item in listing_in(ready(cut))] == ["listing.index_of"]


@pytest.mark.parametrize(
    "facts",
    [
        titled("The index of happiness"),
        titled("Directory of our staff"),
        answer(200, "<title>Index of /</title><p>No links</p>"),
        answer(403, f"<title>Index of /</title>{FILES}"),
        answer(200, f"<title>Help</title><pre>\n{FILES}</pre>"),
        answer(200, "<r>listbucketresult</r>" * 3, kind="text/plain"),
        xml("Orders"),
    ],
)
def test_another_page_is_no_listing(facts: PathFacts) -> None:
    assert listing_in(ready(facts)) == ()
