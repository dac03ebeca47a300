"""Tells a page that is a login from a page that has one beside what everybody may read."""

from typing import Final

from services.prober.judge.codes import Code
from services.prober.judge.findings import Finding
from services.prober.judge.html import prose
from services.prober.judge.login_words import login_address_word, login_label_in

# A page with more links, or more to read beside them, has a login beside its content, not instead
# of it. One that calls itself a login may have a longer footer, and terms of use.
_LINKS: Final = 12
_LINKS_OF_A_TITLED: Final = 25
_PROSE_CHARS: Final = 400
_PROSE_CHARS_OF_A_TITLED: Final = 1000


def is_only_a_login(finding: Finding) -> bool:
    """Tell whether an answer with a login, or on the way to one, shows nothing else."""
    page = finding.page
    named = login_label_in(page.title.lower()) or login_address_word(page.path)
    titled = named is not None
    if page.html.links > (_LINKS_OF_A_TITLED if titled else _LINKS):
        return False
    most_chars = _PROSE_CHARS_OF_A_TITLED if titled else _PROSE_CHARS
    return finding.code is not Code.LOGIN_FORM or len(prose(page.lowered)) <= most_chars
