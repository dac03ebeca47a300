"""The programs that docs/webhooks.md tells receivers to write, as they stand there."""

import re
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).parents[3] / "docs/webhooks.md"


def snippet(heading: str, language: str) -> str:
    """Return the one block of a language below a heading of the page."""
    page = PAGE.read_text("utf-8")
    section = page.partition(f"\n### {heading}\n")[2]
    section = re.split(r"^##+ ", section, maxsplit=1, flags=re.MULTILINE)[0]
    (source,) = re.findall(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return str(source)
