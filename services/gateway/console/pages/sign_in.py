"""The page to sign in at."""

from services.gateway.console.pages.layout import bare, field
from services.gateway.html import element, void


def sign_in_page(going_on_to: str, problem: str = "") -> str:
    """Return the page; a problem is said above the form."""
    told = element("p", problem, role="alert", class_="notice bad") if problem else None
    key = void(
        "input",
        type="password",
        name="api_key",
        required="required",
        autocomplete="current-password",
        spellcheck="false",
        autofocus="autofocus",
    )
    form = element(
        "form",
        void("input", type="hidden", name="next", value=going_on_to),
        field("API key", key, "Begins with svc_."),
        element("button", "Sign in", type="submit", class_="main"),
        method="post",
        action="/sign-in",
        class_="narrow",
    )
    made = element(
        "p",
        "A key is made by whoever runs this system, with ",
        element("code", "python -m services.scheduler keys create --name …"),
        ". It is kept sealed in a cookie that scripts cannot read, for twelve hours.",
        class_="soft",
    )
    return bare("Sign in", [told, form, made])
