"""A check as the page that a PDF is made of: the report, with what is too long for paper cut.

Law: a text that was cut ends with an ellipsis, and the page says so; nothing is left out unsaid.
"""

from collections.abc import Mapping
from typing import Any, Final

from services.gateway.translate.report import report_page

# Breaking a text into lines takes time by the square of its length.
LONGEST: Final = 120
# Why the verdict is what it is, in sentences of ours that hold words of the target.
LONGEST_MESSAGE: Final = 600
_CUT: Final = (
    f"Texts of more than {LONGEST} characters are cut here, where … stands; "
    "the report as a page has them whole."
)


def printed_page(check: Mapping[str, Any]) -> str:
    """Return the page, told when anything in it was cut."""
    shown = _shortened(check)
    return report_page(shown, remarks=() if shown == check else (_CUT,))


def _shortened(value: Any, most: int = LONGEST) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, str):
        return value if len(value) <= most else f"{value[: most - 1]}…"
    if isinstance(value, Mapping):
        return {
            name: _shortened(member, LONGEST_MESSAGE if name == "message" else LONGEST)
            for name, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [_shortened(item) for item in value]
    return value
