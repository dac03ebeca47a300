import pytest

from services.prober.judge.login_form import login_form_in
from tests.unit.prober.judge.shapes import answer, ready

PASSWORD = '<input type="password" name="pw">'


def shown(body: str, path: str = "/") -> list[str]:
    """Return the rules that see a login form in a document."""
    found = login_form_in(ready(answer(200, body, path=path)))
    return sorted({item.rule for item in found})


@pytest.mark.parametrize(
    "label",
    [
        "Log in",
        "Sign in",
        "Iniciar sesión",
        "Se connecter",
        "Anmelden",
        "Accedi",
        "Entrar",
        "Inloggen",
        "Logga in",
        "Zaloguj się",
        "Войти",
        "Giriş yap",
        "ログイン",
        "登录",
        "로그인",
        "تسجيل الدخول",
        "Prisijungti",
        "Pieslēgties",
        "Logi sisse",
        "Innskráning",
        "Prijavite se",
        "Identifikohu",
        "Увайсці",
        "Најави",
        "Пријави",
        "Daxil ol",
        "ورود",
        "लॉग इन करें",
        "লগ ইন করুন",
    ],
)
def test_an_identifier_first_login_is_seen_in_many_languages(label: str) -> None:
    form = f'<form><input type="email" name="email"><button>{label}</button></form>'
    assert shown(form) == ["auth.identifier_first_form"]


@pytest.mark.parametrize(
    "body",
    [
        f'<form action="/session"><input name="user">{PASSWORD}<button>Go</button></form>',
        '<FORM ACTION="/x"><INPUT NAME="log"><INPUT TYPE="PASSWORD" NAME="pwd"></FORM>',
        f"<form>{PASSWORD}<button>Enter store</button></form>",
        f'<div><input id="username">{PASSWORD}<button>OK</button></div>',
        f"<form><input name=user>{PASSWORD}<a href=/r>Sign up</a><button>Sign in</button></form>",
        '<form><input name="a" placeholder="1 > 0"><input type=password name=p></form>',
        "<form><input name='email'><input type=password autocomplete=current-password></form>",
    ],
    ids=[
        "plain",
        "upper case",
        "one password only",
        "no form element",
        "with a link to register",
        "a sign in an attribute",
        "current password",
    ],
)
def test_a_form_with_one_password_is_a_login(body: str) -> None:
    assert shown(body) == ["auth.password_form"]


@pytest.mark.parametrize(
    "body",
    [
        f'<form action="/register"><input name="email">{PASSWORD}<button>OK</button></form>',
        f'<form><input name="email">{PASSWORD}<button>Create account</button></form>',
        f'<form><input name="email">{PASSWORD}<input type="password" name="again"></form>',
        '<form><input name="email"><input type="password" autocomplete="new-password"></form>',
        f"<form><input name=first><input name=last><input name=email>{PASSWORD}</form>",
        f"<script>var form = '<form>{PASSWORD}</form>'</script>",
        f"<!-- <form>{PASSWORD}</form> -->",
        f"<template><form>{PASSWORD}</form></template>",
    ],
    ids=[
        "register by address",
        "register by label",
        "two passwords",
        "new password",
        "many fields",
        "in a script",
        "in a comment",
        "in a template",
    ],
)
def test_other_forms_with_a_password_are_no_login(body: str) -> None:
    assert shown(body) == []


@pytest.mark.parametrize(
    "body",
    [
        '<a href="/login">Log in</a><form><input type="email"><button>Subscribe</button></form>',
        '<a href="/login">Log in</a><form><input name="q" type="text"><button>Find</button></form>',
        '<a href="/login">Log in</a><input type="email" name="email" placeholder="you@x">',
        '<form action="/login"><input name="first"><input name="email"></form>',
        '<title>The blogindex</title><form><input type="email"><button>Send</button></form>',
        '<form action="/signup"><input type="email"><button>Log in or sign up</button></form>',
        "<p>Use type=password to log in</p>",
    ],
    ids=[
        "newsletter",
        "search",
        "an address outside a form",
        "two fields",
        "blogindex",
        "sign up by address",
        "talk about it",
    ],
)
def test_forms_without_a_password_need_a_login_of_their_own(body: str) -> None:
    assert shown(body) == []


def test_the_title_or_the_address_can_say_login() -> None:
    form = '<form><input name="identifier"><button>Next</button></form>'
    assert shown(form) == []
    assert shown(f"<title>Sign in - Accounts</title>{form}") == ["auth.identifier_first_form"]
    assert shown(form, path="/u/login/identifier") == ["auth.identifier_first_form"]


def test_a_mere_name_says_who_one_is_where_all_else_of_the_form_logs_in() -> None:
    form = '<form action="{}"><input name="name"><button>{}</button></form>'
    assert shown(form.format("/login", "Sign in")) == ["auth.identifier_first_form"]
    assert shown(form.format("", "Sign in"), path="/login") == ["auth.identifier_first_form"]
    assert shown(form.format("/login", "Go")) == []
    assert shown(form.format("/guests", "Sign in")) == []
    assert shown(form.format("/login", "Sign in").replace('"name"', '"surname"')) == []


SHELL = '<div id="root"></div><script src="/app.js"></script>'


@pytest.mark.parametrize("title", ["Login", "Acme | Sign in", "Log in to Acme", "Anmelden - Acme"])
def test_a_page_whose_scripts_draw_a_login_says_so_in_its_title(title: str) -> None:
    assert shown(f"<title>{title}</title>{SHELL}") == ["auth.login_shell"]


@pytest.mark.parametrize(
    "body",
    [
        f"<title>Acme</title>{SHELL}",
        f"<title>How to log in</title>{SHELL}",
        "<title>Login</title><p>No script here</p>",
        f"<title>Login</title>{SHELL}<p>{'Read how logins work. ' * 20}</p>",
        f"<title>Login</title>{SHELL}{'<a href=/x>x</a>' * 9}",
    ],
    ids=["another title", "a guide", "no script", "text", "links"],
)
def test_other_shells_and_pages_titled_so_are_no_login(body: str) -> None:
    assert shown(body) == []


UNKNOWN_WORDS = (
    '<title>{title}</title><form action="/x"><input name="a" autocomplete="{fill}">{rest}'
)


@pytest.mark.parametrize("fill", ["username", "username webauthn", "section-a username"])
def test_what_browsers_fill_with_the_name_of_an_account_is_a_login_in_any_language(
    fill: str,
) -> None:
    body = UNKNOWN_WORDS.format(title="Մուտք", fill=fill, rest="<button>Շարունակել</button>")
    body = body.replace('name="a"', 'name="email"')
    assert shown(body) == ["auth.autofilled_form"]


@pytest.mark.parametrize(
    ("fill", "title", "rest"),
    [
        ("email", "Մուտք", ""),
        ("username", "Create account", ""),
        ("username", "Reset password", ""),
        ("username", "Մուտք", "<button>Subscribe</button>"),
        ("username", "Մուտք", '<input name="company">'),
    ],
)
def test_what_they_fill_elsewhere_is_none(fill: str, title: str, rest: str) -> None:
    body = UNKNOWN_WORDS.format(title=title, fill=fill, rest=rest)
    assert shown(body.replace('name="a"', 'name="email"')) == []


CHOICES = "<title>Sign in | Acme</title><h1>Sign in</h1>"


@pytest.mark.parametrize(
    "way",
    [
        '<a href="/auth/google">Google</a>',
        "<a class=b href='/users/sign_in/github'>GitHub</a>",
        '<form method="post" action="/sso/okta"><button>Okta</button></form>',
    ],
)
def test_a_page_that_offers_logins_elsewhere_is_a_login(way: str) -> None:
    assert shown(CHOICES + way) == ["auth.login_choices"]
    assert shown((CHOICES + way).replace("Sign in | Acme", "Acme")) == []
    assert shown(CHOICES + way + "<p>Read on.</p>" * 40) == []


@pytest.mark.parametrize("way", ["", '<a href="/about">About</a>', '<a href="/register">Join</a>'])
def test_a_title_alone_is_none(way: str) -> None:
    assert shown(CHOICES + way) == []
