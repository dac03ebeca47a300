"""Tells a page that says its site is being worked on, in many languages.

Law: only with a 503, and only by the title: servers name maintenance in the text of any 503.
"""

from typing import Final

from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_UNAVAILABLE: Final = 503
# In lower case.
_TITLES: Final = (
    *(
        "maintenance",
        "back soon",
        "be right back",
        "under construction",
        "wartung",
        "mantenimiento",
    ),
    *("manutenção", "manutenzione", "manteniment", "onderhoud", "underhåll", "vedligehold"),
    *("vedlikehold", "huolto", "údržb", "konserwacj", "prace techniczne", "karbantart", "mentenan"),
    *(
        "технические работы",
        "технічні роботи",
        "техническое обслуживание",
        "bak\N{LATIN SMALL LETTER DOTLESS I}m",
        "bảo trì",
    ),
    *("συντήρηση", "メンテナンス", "维护", "維護", "점검", "صيانة", "תחזוקה"),
)


def maintenance_in(page: Page) -> tuple[Evidence, ...]:
    """Return what shows a page of maintenance; empty when nothing does."""
    if page.status != _UNAVAILABLE or page.form is not Form.HTML:
        return ()
    title = page.title.lower()
    if not any(words in title for words in _TITLES):
        return ()
    rule = "status.maintenance"
    return (
        seen(rule, f"{page.where}.title", page.title),
        seen(rule, f"{page.where}.status_code", page.status),
    )
