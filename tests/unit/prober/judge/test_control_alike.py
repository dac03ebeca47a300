import pytest

from services.prober.facts import PathFacts
from services.prober.judge.control import resembles
from services.prober.judge.page import Page, page_of
from tests.unit.prober.judge.shapes import answer, json, redirect

RANDOM = "/k3v9x0q2m7t5w8r1b6zd"
SHELL = "<title>App</title><div id='root'></div><script src='/a.js'></script>"
GONE = "<title>Shop</title><p>We could not find {path}.</p>"


def gone(path: str) -> PathFacts:
    return answer(200, GONE.format(path=path), path=path)


def page(facts: PathFacts, where: str = "paths[0]") -> Page:
    made = page_of(where, facts)
    assert made is not None
    return made


NONCE = SHELL + "<i nonce={nonce}>"
LONG = "<title>Shop</title>" + "<p>Words and more words.</p>" * 200
ALIKE = {
    "the same bytes": (answer(200, SHELL, path="/a"), answer(200, SHELL, path=RANDOM)),
    "the path in the text": (gone("/a-b"), gone(RANDOM)),
    "the path in JSON": (
        json(404, '{"path": "/a-b"}', path="/a-b"),
        json(404, f'{{"path": "{RANDOM}"}}', path=RANDOM),
    ),
    "a token that changes": (
        answer(200, NONCE.format(nonce="a8Fq"), path="/a"),
        answer(200, NONCE.format(nonce="Zz01"), path=RANDOM),
    ),
    "a little more of a long page": (
        answer(200, LONG + "<p>12:00:01, 3 visitors in the shop now", path="/a"),
        answer(200, LONG, path=RANDOM),
    ),
    "nothing": (answer(403, path="/a"), answer(403, path=RANDOM)),
    "the same address": (redirect("/in", path="/a"), redirect("/in", path=RANDOM)),
    "an address with the path": (
        redirect("https://www.example.com/a-b", path="/a-b"),
        redirect(f"https://www.example.com{RANDOM}", path=RANDOM),
    ),
    "an address with a state of its own": (
        redirect("https://id.example.com/in?client_id=1&state=a8", path="/a"),
        redirect("https://id.example.com/in?client_id=1&state=Zz", path=RANDOM),
    ),
    "an address with the path in its query": (
        redirect("/in?next=%2Fa-b", path="/a-b"),
        redirect(f"/in?next=%2F{RANDOM[1:]}", path=RANDOM),
    ),
}
UNLIKE = {
    "another status": (answer(200, SHELL), answer(404, SHELL, path=RANDOM)),
    "another title": (answer(200, LONG), answer(200, LONG.replace("Shop", "Gone"), path=RANDOM)),
    "another page of one title": (answer(200, LONG + LONG[:200]), answer(200, LONG, path=RANDOM)),
    "other JSON of one length": (json(200, '{"a": 1}'), json(200, '{"a": 2}', path=RANDOM)),
    "another form": (json(200, '{"a": 1}'), answer(200, '<a b="1">', path=RANDOM)),
    "no title": (answer(200, "<p>one</p>"), answer(200, "<p>two</p>", path=RANDOM)),
    "another address": (redirect("/a/", path="/a"), redirect("/in", path=RANDOM)),
    "something and nothing": (answer(200, "a"), answer(200, "", path=RANDOM)),
}


@pytest.mark.parametrize("name", ALIKE)
def test_answers_are_alike_but_for_what_names_their_path_or_changes(name: str) -> None:
    one, control = ALIKE[name]
    assert resembles(page(one), page(control, "control"))


@pytest.mark.parametrize("name", UNLIKE)
def test_answers_that_differ_are_not_alike(name: str) -> None:
    one, control = UNLIKE[name]
    assert not resembles(page(one), page(control, "control"))
