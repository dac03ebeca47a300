import pytest

from services.prober.facts import PathFacts
from services.prober.judge.decide import verdict_for
from tests.unit.prober.judge.cases import Case, check, check_each_field_matters
from tests.unit.prober.judge.shapes import answer, host, json, redirect

SERVED = "<html><head><title>Shop</title></head><body><p>Buy our shoes.</p>"


def wall(name: str, facts: PathFacts, rule: str, code: str = "challenge") -> Case:
    return Case(name=name, facts=facts, analyzable=False, code=code, rule=rule)


WALLS = (
    wall(
        "imperva incident page",
        answer(
            403,
            '<iframe src="/_Incapsula_Resource?SWUDNSAI=31">Request unsuccessful. '
            "Incapsula incident ID: 774000</iframe>",
        ),
        "imperva.block",
        "block",
    ),
    wall(
        "imperva's script and nothing else",
        answer(200, '<script src="/_Incapsula_Resource?SWJIYLWA=5074a7"></script><body></body>'),
        "imperva.challenge",
    ),
    wall(
        "human's captcha with 200",
        answer(200, '<title>Robot or human?</title><div id="px-captcha"></div>'),
        "human.captcha_page",
    ),
    wall(
        "reblaze sends its script",
        answer(247, '<script>;;window.rbzns={"seed":"1"};winsocks();</script>'),
        "reblaze.challenge",
    ),
    wall("yandex's captcha", redirect("/showcaptcha?cc=1"), "yandex.captcha"),
    wall(
        "amazon's robot check",
        answer(
            200,
            '<!-- api-services-support@amazon.com --><form action="/errors/validateCaptcha">',
        ),
        "amazon.robot_check",
    ),
    wall(
        "imperva interrupts",
        answer(
            200,
            "<script>window.reeseSkipExpirationCheck = true;</script><h1>Pardon Our Interruption",
        ),
        "imperva.interruption",
    ),
    wall(
        "imperva incident page with 404",
        answer(404, "Incapsula incident ID: 774000", headers={"x-iinfo": "9-1-0"}),
        "imperva.block",
        "block",
    ),
    wall("datadome decision", answer(403, "", headers={"x-dd-b": "2"}), "datadome.decision"),
    wall(
        "datadome captcha as JSON",
        json(403, '{"url":"https://geo.captcha-delivery.com/captcha/?initialCid=A"}'),
        "datadome.challenge",
    ),
    wall(
        "datadome header that is not just protected",
        answer(403, "x", headers={"x-datadome": "blocked"}),
        "datadome.challenge",
    ),
    wall(
        "human press and hold",
        answer(403, '<div id="px-captcha"></div>'),
        "human.challenge",
    ),
    wall(
        "human answer for scripts",
        json(403, '{"appId":"PX1","jsClientSrc":"/x.js","blockScript":"/captcha.js"}'),
        "human.challenge",
    ),
    wall(
        "kasada on the first request",
        answer(429, "", headers={"x-kpsdk-ct": "0abc"}),
        "kasada.challenge",
    ),
    wall(
        "anubis challenge served with 200",
        answer(200, SERVED + '<script id="anubis_challenge" type="application/json">{}</script>'),
        "anubis.challenge",
    ),
    wall(
        "anubis by redirect",
        redirect("/.within.website/?redir=%2F", 307),
        "anubis.challenge",
    ),
    wall(
        "ddos-guard script challenge",
        answer(
            403,
            '<script src="/.well-known/ddos-guard/js"></script>',
            headers={"server": "ddos-guard"},
        ),
        "ddos_guard.challenge",
    ),
    wall(
        "qrator page",
        answer(403, "<p>Qrator ID 12</p>", headers={"server": "QRATOR"}),
        "qrator.block",
        "block",
    ),
    wall(
        "alibaba cookie script",
        answer(200, "<script>var arg1='0A';document.cookie='acw_sc__v2='+x</script>"),
        "alibaba.challenge",
    ),
    wall(
        "a cookie test",
        answer(
            200,
            '<script src="/aes.js"></script><script>document.cookie="__test="+toHex('
            'slowAES.decrypt(c,2,a,b));location.href="https://shop.example.com/?i=1";</script>',
        ),
        "testcookie.challenge",
    ),
    wall(
        "alibaba block",
        answer(405, '<img src="https://errors.aliyun.com/x.png">'),
        "alibaba.block",
        "block",
    ),
    wall(
        "queue-it redirect",
        redirect("https://shop.queue-it.net/?c=shop&e=sale"),
        "queue_it.waiting_room",
        "waiting_room",
    ),
    wall("a status no standard knows", answer(999, ""), "generic.999", "block"),
    wall("legal reasons", answer(451, "Not in your country"), "generic.legal", "block"),
    wall(
        "google's unusual traffic",
        redirect("https://www.google.com/sorry/index?continue=x"),
        "google.unusual_traffic",
    ),
    wall(
        "siteground captcha with 202",
        answer(202, "<html>x", headers={"sg-captcha": "challenge"}),
        "siteground.challenge",
    ),
)


def served(name: str, facts: PathFacts) -> Case:
    return Case(
        name=name,
        facts=facts,
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind="website",
    )


TRAPS = (
    served(
        "imperva's script on a served page",
        answer(
            200,
            SERVED + '<script src="/_Incapsula_Resource?SWJIYLWA=719d"></script>',
            headers={"x-iinfo": "9-1", "x-cdn": "Imperva"},
        ),
    ),
    served("datadome let us pass", answer(200, SERVED, headers={"x-datadome": "protected"})),
    served(
        "datadome's cookie on a served page",
        answer(200, SERVED, headers={"set-cookie": "datadome=x; Path=/"}),
    ),
    served(
        "human's sensor on a served page",
        answer(200, SERVED + "<script>window._pxAppId='PX1'</script>"),
    ),
    served(
        "a page that links to anubis",
        answer(200, SERVED + '<a href="https://github.com/TecharoHQ/anubis">Anubis</a>'),
    ),
    served("ddos-guard delivers a page", answer(200, SERVED, headers={"server": "ddos-guard"})),
    served("an article on kasada", answer(200, SERVED + "KPSDK ips.js captcha-delivery.com")),
    Case(
        name="a 403 of the application behind datadome",
        facts=answer(403, "<h1>Members only</h1>", headers={"x-datadome": "protected"}),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
)


def test_a_refusal_for_legal_reasons_has_a_sentence_of_its_own() -> None:
    (reason,) = verdict_for(host(answer(451, "x"))).reasons
    assert reason.message == (
        "The site refused / for legal reasons (status 451); check it from where it may be served."
    )


@pytest.mark.parametrize("case", WALLS, ids=str)
def test_a_wall_is_told_with_its_rule(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", WALLS, ids=str)
def test_without_the_matched_field_the_rule_does_not_decide(case: Case) -> None:
    check_each_field_matters(case)


@pytest.mark.parametrize("case", TRAPS, ids=str)
def test_what_only_resembles_a_wall_is_none(case: Case) -> None:
    check(case)
