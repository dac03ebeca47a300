import pytest

from services.prober.facts import PathFacts
from tests.unit.prober.judge.cases import Case, check, check_each_field_matters
from tests.unit.prober.judge.shapes import answer

SCRIPT = "<script>document.cookie='a=1';location.reload()</script>"


def wall(
    name: str, facts: PathFacts, rule: str = "generic.challenge_title", code: str = "challenge"
) -> Case:
    return Case(name=name, facts=facts, analyzable=False, code=code, rule=rule)


WALLS = (
    wall("checking your browser", answer(503, "<title>Checking your browser</title>Wait")),
    wall("a human check with 403", answer(403, "<title>Verify you are human</title>")),
    wall("a moment in Portuguese", answer(403, "<title>Um momento…</title>")),
    wall(
        "a challenge title on a page of nothing but a script",
        answer(200, "<title>Just a moment...</title><script>solve()</script>"),
    ),
    wall(
        "a captcha with 403",
        answer(403, '<p>Prove it</p><div class="g-recaptcha" data-sitekey="x"></div>'),
        "generic.captcha",
    ),
    wall(
        "turnstile with 429",
        answer(
            429, '<script src="https://challenges.cloudflare.com/turnstile/v0/api.js"></script>'
        ),
        "generic.captcha",
    ),
    wall(
        "a cookie script that loads the page again",
        answer(200, f"<html><body>{SCRIPT}</body></html>"),
        "generic.cookie_script",
    ),
    wall(
        "a queue of no known vendor",
        answer(503, "<title>You are now in line</title>"),
        "generic.waiting_room",
        "waiting_room",
    ),
)


def served(name: str, body: str, kind: str = "website") -> Case:
    return Case(
        name=name,
        facts=answer(200, body),
        analyzable=True,
        code="content_served",
        rule="content.served",
        kind=kind,
    )


ARTICLE = "<p>" + "How captchas work and why they annoy. " * 20
TRAPS = (
    served("the word captcha in a text", "<title>Blog</title>" + ARTICLE),
    served(
        "a captcha widget on a served page",
        '<title>Contact</title><form><div class="g-recaptcha"></div><textarea name="m"></textarea>'
        "</form><script>grecaptcha.execute()</script>",
    ),
    served(
        "a challenge title over a real page",
        "<title>Just a moment of your time</title><script src=a.js></script>" + ARTICLE,
    ),
    served(
        "a single-page application",
        '<title>Shop</title><div id="root"></div><script src="/app.js"></script>',
        "spa",
    ),
    served(
        "an application that remembers where it was",
        "<title>App</title><div id=app></div><script>document.cookie='p='+location.pathname"
        "</script>",
        "spa",
    ),
    served(
        "a small page that sets a cookie and shows text",
        f"<title>Shop</title>{ARTICLE}{SCRIPT}",
    ),
    Case(
        name="a script that remembers a language and leads to it",
        facts=answer(200, "<script>document.cookie='lang=en';window.location='/en'</script>"),
        analyzable=True,
        code="redirect_same_site",
        rule="redirect.same_site",
        kind="website",
    ),
    Case(
        name="a style named search-captcha is no captcha",
        facts=answer(403, '<div class="search-captcha">Forbidden, my captcha friend</div>'),
        analyzable=False,
        code="ambiguous",
        rule="status.unclear",
        kind="website",
    ),
    Case(
        name="a login form with a captcha is a login form",
        facts=answer(
            403,
            '<form action="/login"><input name="user"><input type="password" name="p">'
            '<div class="h-captcha"></div></form>',
        ),
        analyzable=True,
        code="login_form",
        rule="auth.password_form",
        kind="login_app",
        auth=True,
    ),
)


@pytest.mark.parametrize("case", WALLS, ids=str)
def test_a_challenge_of_no_known_vendor_is_told(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", WALLS, ids=str)
def test_without_the_matched_field_the_mark_does_not_decide(case: Case) -> None:
    check_each_field_matters(case)


@pytest.mark.parametrize("case", TRAPS, ids=str)
def test_an_ordinary_use_of_the_same_marks_is_no_challenge(case: Case) -> None:
    check(case)
