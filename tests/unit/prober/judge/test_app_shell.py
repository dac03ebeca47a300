import pytest

from services.prober.judge.app_shell import app_shell_in
from tests.unit.prober.judge.shapes import answer, ready

PROSE = "<p>" + "We lend books of every kind, to all who live here, and read to children. " * 5

SHELLS = {
    "spa.app_root: create-react-app": (
        "<!doctype html><html><head><title>React App</title>"
        '<script defer="defer" src="/static/js/main.1.js"></script></head><body><noscript>You need'
        ' to enable JavaScript to run this app.</noscript><div id="root"></div></body></html>'
    ),
    "spa.app_root: vite and Vue": (
        '<html><head><script type="module" crossorigin src="/assets/index.js"></script></head>'
        '<body><div id="app"></div></body></html>'
    ),
    "spa.app_root: angular": (
        '<body><app-root></app-root><script src="main.js" type="module"></script></body>'
    ),
    "spa.app_root: a spinner in the root": (
        '<div class="x" id=\'root\'><div class="spinner">Loading</div></div><script src=a.js>'
        "</script>"
    ),
    "spa.app_root: links that lead nowhere": (
        '<div id="app"><a href="#">a</a><a href="#">b</a><a href="#/c">c</a></div>'
        "<script src=a.js></script>"
    ),
    "spa.noscript: a notice": (
        '<script src="/flutter.js"></script><div id="host"></div>'
        "<noscript><strong>This app does not work without JavaScript enabled.</strong></noscript>"
    ),
    "spa.noscript: a notice with a heading": (
        '<script src="/a.js"></script><noscript><h1>Sorry</h1>Needs JavaScript.</noscript>'
    ),
    "spa.only_scripts: a notice that it loads": (
        '<script src="/a.js"></script><p>Loading, please wait...</p>'
    ),
    "spa.only_scripts: nothing but scripts": (
        '<html><head><script src="flutter_bootstrap.js" async></script></head><body></body></html>'
    ),
}
PAGES = {
    "a page with a script": '<script src="/a.js"></script><h1>Shop</h1><p>Shoes</p>',
    "a page with a heading beside a notice": (
        "<noscript>This server requires JavaScript.</noscript><h1>A server is running.</h1>"
        "<script>tidy()</script>"
    ),
    "a page that will come, with a counter": '<script src="/a.js"></script><h1>Coming soon</h1>',
    "a text that begins like a notice": (
        '<script src="/a.js"></script><h1>Loading docks</h1><p>We rent them by the day.</p>'
    ),
    "a page rendered on the server": (
        f'<div id="__next"><a href="/a">A</a>{PROSE}</div><script src="/a.js"></script>'
    ),
    "few words and many ways on": (
        '<div id="app">' + '<a href="/x">x</a>' * 5 + "</div><script src=a.js></script>"
    ),
    "the pixel of a tracker": (
        '<script src="/a.js"></script><noscript><img src="/pixel.gif"></noscript><h1>Shop</h1>'
    ),
    "a notice on a page with much to read": (
        f"<script src=a.js></script><noscript>Enable JavaScript</noscript>{PROSE}"
    ),
    "a root without scripts": '<div id="root"></div>',
    "an id that only begins like one": '<div id="appendix"></div><script>f()</script>Hello',
    "a frame": '<script src="/a.js"></script><iframe src="/b"></iframe>',
}


@pytest.mark.parametrize("name", SHELLS)
def test_an_empty_frame_is_a_shell(name: str) -> None:
    (evidence,) = app_shell_in(ready(answer(200, SHELLS[name])))
    assert evidence.rule == name.partition(":")[0]
    assert evidence.field == "paths[0].body"
    assert evidence.value


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_is_there_before_its_scripts_is_no_shell(name: str) -> None:
    assert app_shell_in(ready(answer(200, PAGES[name]))) == ()


def test_only_a_served_page_is_a_shell() -> None:
    shell = SHELLS["spa.app_root: vite and Vue"]
    assert app_shell_in(ready(answer(403, shell))) == ()
    assert app_shell_in(ready(answer(200, shell, kind="text/plain"))) == ()


def test_a_notice_is_looked_for_behind_the_pixels_of_trackers() -> None:
    pixels = '<noscript><img src="/p.gif"></noscript>' * 2
    notice = "<noscript>Please enable JavaScript</noscript>"
    page = f"<script src=a.js></script>{pixels}{notice}Loading"
    (evidence,) = app_shell_in(ready(answer(200, page)))
    assert (evidence.rule, evidence.value) == ("spa.noscript", "please enable javascript")
    cut = "<script src=a.js></script><noscript>Please enable Java"
    assert {item.rule for item in app_shell_in(ready(answer(200, cut)))} == {"spa.only_scripts"}
