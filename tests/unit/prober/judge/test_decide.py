import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.prober.facts import AddressFacts, Outcome, OutcomeCode, PathFacts, TcpState
from services.prober.judge.decide import verdict_for
from services.prober.judge.pack_source import RULES_VERSION
from tests.unit.prober.judge.cases import Case, check
from tests.unit.prober.judge.shapes import answer, host, json, redirect, text

SITE = "<html><head><title>Shop</title></head><body>Shoes</body></html>"
CHALLENGE = {"cf-mitigated": "challenge"}
NOT_FOUND = "<title>404 Not Found</title>"
SHELL = '<title>App</title><div id="root"></div><script src="/a.js"></script>'

HOSTS = (
    Case(
        name="the front is missing and the health check works",
        facts=host(answer(404, NOT_FOUND), json(200, '{"ok":true}', path="/health")),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="api",
    ),
    Case(
        name="the front alone is missing",
        facts=host(answer(404, NOT_FOUND)),
        analyzable=True,
        code="not_found",
        rule="status.not_found",
        kind="website",
    ),
    Case(
        name="the front is challenged and the API is not",
        facts=host(answer(403, "x", headers=CHALLENGE), json(200, '{"ok":true}', path="/api")),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="api",
    ),
    Case(
        name="the front is challenged and the rest is missing",
        facts=host(answer(403, "x", headers=CHALLENGE), answer(404, NOT_FOUND, path="/api")),
        analyzable=False,
        code="challenge",
        rule="cloudflare.challenge",
        kind="website",
    ),
    Case(
        name="the front is challenged and only the robots file is served",
        facts=host(
            answer(403, "x", headers=CHALLENGE), text(200, "User-agent: *", path="/robots.txt")
        ),
        analyzable=False,
        code="challenge",
        rule="cloudflare.challenge",
    ),
    Case(
        name="the front is forbidden and only the robots file is served",
        facts=host(answer(403, "Forbidden"), text(200, "User-agent: *", path="/robots.txt")),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="the gateway has no origin and only the robots file is served",
        facts=host(answer(502, "Bad Gateway"), text(200, "User-agent: *", path="/robots.txt")),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="the robots file alone",
        facts=host(text(200, "User-agent: *", path="/robots.txt")),
        analyzable=False,
        code="served_for_robots",
        rule="content.for_robots",
    ),
    Case(
        name="the front is forbidden and another path is missing",
        facts=host(answer(403, "Forbidden"), answer(404, NOT_FOUND, path="/a")),
        analyzable=True,
        code="not_found",
        rule="status.not_found",
        kind="website",
    ),
    Case(
        name="every path fails",
        facts=host(answer(502, "Bad Gateway"), answer(502, "Bad Gateway", path="/a")),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="one path is limited and the front served",
        facts=host(answer(200, SITE), answer(429, "x", path="/search")),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    ),
    Case(
        name="an application shell for every path is no documentation",
        facts=host(
            answer(200, SHELL),
            answer(200, SHELL, path="/openapi.json"),
            answer(200, SHELL, path="/swagger-ui/index.html"),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="spa",
    ),
    Case(
        name="a public site with a private corner",
        facts=host(
            answer(200, SITE),
            answer(401, "x", path="/admin", headers={"www-authenticate": "Basic"}),
        ),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
        auth=True,
    ),
    Case(
        name="a login link on a public page is no login",
        facts=host(answer(200, SITE.replace("Shoes", '<a href="/login">Log in</a> Shoes'))),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    ),
    Case(
        name="the front leads away and a path is served",
        facts=host(redirect("https://elsewhere.org/"), answer(200, SITE, path="/a")),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    ),
)


@pytest.mark.parametrize("case", HOSTS, ids=str)
def test_a_host_of_several_paths(case: Case) -> None:
    check(case)


def test_every_finding_is_told_and_the_decisive_one_first() -> None:
    verdict = verdict_for(
        host(
            answer(403, "x", headers=CHALLENGE),
            answer(404, NOT_FOUND, path="/a"),
            json(200, "{}", path="/api"),
        )
    )
    assert [reason.code for reason in verdict.reasons] == [
        "content_served",
        "challenge",
        "not_found",
    ]
    fields = [item.field for reason in verdict.reasons for item in reason.evidence]
    assert "paths[0].headers.cf-mitigated" in fields
    assert "paths[1].status_code" in fields
    assert verdict.rules_version == RULES_VERSION


def test_paths_with_the_same_finding_share_a_reason() -> None:
    paths = [answer(404, NOT_FOUND, path=f"/{n}") for n in range(20)]
    (reason,) = verdict_for(host(*paths)).reasons
    assert len(reason.evidence) == 12


TYPES = ("text/html", "application/json", "text/plain", "text/xml", "", "image/png")


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(100, 999),
            st.binary(max_size=200)
            | st.text(alphabet="<>\"'=/{}[]:, aformscriptinput", max_size=200).map(str.encode),
            st.sampled_from(TYPES),
            st.dictionaries(
                st.sampled_from(["location", "set-cookie", "server"]), st.text(max_size=30)
            ),
        ),
        max_size=3,
    )
)
def test_whatever_a_target_sends_there_is_a_verdict_with_a_reason(
    sent: list[tuple[int, bytes, str, dict[str, str]]],
) -> None:
    paths = [answer(s, b, kind=kind, headers=headers) for s, b, kind, headers in sent]
    verdict = verdict_for(host(*paths))
    assert verdict.reasons
    assert all(reason.evidence for reason in verdict.reasons)


HOSTILE = {
    "less": "<",
    "open tags": "<a ",
    "open inputs": "<input ",
    "quoted inputs": '<input "',
    "scripts": "<script>",
    "empty scripts": "<script></script>",
    "comments": "<!--",
    "empty comments": "<!---->",
    "forms": "<form>",
    "full forms": "<form><input type=email name=user>",
    "passwords": "<input type=password name=p>",
    "attributes": "a=",
    "braces": "{",
    "brackets": "[",
    "members": '{"a":',
    "locations": "location = ",
    "ids": "<div id=",
    "refusals": "no ",
    "keys": "a: b\n",
    "spaces": " ",
    "captchas": 'class="captcha ',
    "prologues": "<!-- - ",
    "capital dotted": "\u0130",
}
HEADS = ("", "<html><form><input ", '{"openapi":"3.0.0","a":"', "openapi: 3.0.0\n", "<?xml?><!--")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_body_takes_long_to_judge(name: str) -> None:
    for head in HEADS:
        body = (head + HOSTILE[name] * 65536).encode()[:65536]
        for kind in TYPES[:4]:
            for status in (200, 403):
                whole_ms = _quickest_ms(answer(status, body, kind=kind))
                # A slow machine takes longer, and for half as much then half as long: what grows
                # by the square takes a quarter.
                if whole_ms >= 20:
                    assert whole_ms < 3 * _quickest_ms(answer(status, body[:32768], kind=kind))


def _quickest_ms(facts: PathFacts) -> float:
    """Return the processor time of the quickest of three, so that a busy machine does not count."""
    best = float("inf")
    for _ in range(3):
        start = time.thread_time_ns()
        verdict_for(host(facts))
        best = min(best, (time.thread_time_ns() - start) / 1e6)
        if best < 10:
            break
    return best


def test_an_ordinary_host_is_judged_in_under_a_millisecond() -> None:
    page = SITE.replace("Shoes", '<div class="x"><a href="/a">Shoes of all kinds</a></div>\n' * 300)
    assert min(_quickest_ms(answer(200, page)) for _ in range(20)) < 1


def test_a_name_that_is_half_up_is_judged_by_what_answered() -> None:
    facts = host(answer(200, SITE))
    down = AddressFacts(
        address="192.0.2.2",
        state=TcpState.REFUSED,
        outcome=Outcome(code=OutcomeCode.TCP_REFUSED),
    )
    port = replace(facts.ports[0], addresses=(down,), addresses_left_out=1)
    assert verdict_for(replace(facts, ports=(port,))) == verdict_for(facts)
