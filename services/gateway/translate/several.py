"""What vantage points of one check say of each other, in words and rows for pages.

Law: made of the check alone, as GET /v1/check/{id} shows it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Json = Mapping[str, Any]

_AGREE: Final = "agree"
_WORDS: Final[Mapping[str, str]] = {
    _AGREE: "All that are counted agree",
    "geo_blocked": "The target keeps some regions out",
    "waf_by_region": "A firewall before the target treats regions differently",
    "dns_split": "The name has other answers in other regions",
    "regional_outage": "The target cannot be reached from some regions",
    "cert_differs": "The certificate is another one in some regions",
    "content_differs": "The content is another one in some regions",
    "prober_suspect": "One of them is suspected itself, so this says little of the target",
}
_UNCOUNTED: Final = "None of them can be counted, for reasons that are ours"
DISSENT_HEADS: Final = ("Vantage point", "What differs", "There", "Elsewhere", "Compared with")


def agreement_told(check: Json) -> tuple[str, str, str] | None:
    """Return tone, words and code; None where nothing is to be said of agreement.

    The code is empty where nobody can be counted.
    """
    agreement = check["agreement"]
    if agreement is not None:
        code = str(agreement["code"])
        words = _WORDS.get(code, f"They differ: {code.replace('_', ' ')}")
        return ("good" if code == _AGREE else "unsure"), words, code
    is_uncounted = bool(check["vantages"]) and check["status"] == "completed"
    return ("unsure", _UNCOUNTED, "") if is_uncounted else None


def mark_of(name: str, agreement: Json | None) -> str:
    """Return what is to be said of one vantage point beside its name; empty when nothing is."""
    if agreement is None:
        return ""
    if name not in agreement["counted"]:
        return "not counted"
    is_apart = name in {dissent["vantage_point"] for dissent in agreement["dissents"]}
    return "differs" if is_apart else ""


def dissent_rows(agreement: Json | None) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Yield a row for each fact that differs, in the order of DISSENT_HEADS."""
    for dissent in (agreement or {}).get("dissents", ()):
        for one in dissent["evidence"]:
            yield (
                dissent["vantage_point"],
                one["field"],
                one["value"],
                one["elsewhere"],
                dissent["compared_with"],
            )
