"""The pages for people are in step with the code, lead nowhere wrong, and read well in a diff."""

import re
from pathlib import Path
from typing import Final

import pytest

from docs.render import CLIENT_MODELS, client_models, pages
from tests.architecture.tree import ROOT

PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "client").glob("*.md")]
)
ADRS: Final = sorted((ROOT / "docs/adr").glob("*.md"))
ADR_NAME: Final = re.compile(r"(\d{4})-[a-z0-9-]+\.md")
MAX_ADR_LINES: Final = 40

FENCE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)([^)#\s]*)(#[^)\s]+)?\)")
HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
NO_PROSE: Final = ("|", "#", "<!--")
ITEM: Final = re.compile(r"^ *(\d+\.|[-*]) ")
# A full stop inside a line, before a capital: a second sentence. Versions do not match.
TWO_SENTENCES: Final = re.compile(r"[a-z0-9`)\]][.?!] +[A-Z`\"(]")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = (re.sub(r"[`*]", "", title).lower() for title in HEADING.findall(text))
    return {f"#{re.sub(r'[^a-z0-9 _-]', '', title).strip().replace(' ', '-')}" for title in titles}


def broken_links(page: Path) -> list[str]:
    text = FENCE.sub("", page.read_text("utf-8"))
    broken = []
    for target, anchor in LINK.findall(text):
        file = page if not target else page.parent / target
        is_missing = not file.exists()
        if is_missing or (anchor and anchor not in anchors(file.read_text("utf-8"))):
            broken.append(f"{page.name}: {target}{anchor}")
    return broken


def crowded_lines(page: Path) -> list[str]:
    """Return the lines that hold more than one sentence."""
    text = FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), page.read_text("utf-8"))
    return [
        f"{page.name}:{number}: {line}"
        for number, line in enumerate(text.splitlines(), 1)
        if not line.startswith(NO_PROSE) and TWO_SENTENCES.search(ITEM.sub("", line))
    ]


@pytest.mark.parametrize("name", ["errors.md", "metrics.md", "outcomes.md", "rules.md"])
def test_a_rendered_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / name).read_text("utf-8")
    assert written == pages()[name], "run: make docs"


def test_the_client_knows_every_answer_as_it_is_documented() -> None:
    assert CLIENT_MODELS.read_text("utf-8") == client_models(), "run: make docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_has_a_sentence_a_line(page: Path) -> None:
    assert crowded_lines(page) == []


def test_decisions_are_numbered_without_a_gap_and_short() -> None:
    numbers = [found[1] for page in ADRS if (found := ADR_NAME.fullmatch(page.name))]
    assert numbers == [f"{number:04}" for number in range(1, len(ADRS) + 1)]
    long = [page.name for page in ADRS if page.read_text("utf-8").count("\n") > MAX_ADR_LINES]
    assert long == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    listed = (ROOT / "docs/architecture.md").read_text("utf-8")
    assert [page.name for page in ADRS if f"adr/{page.name}" not in listed] == []


def test_a_broken_link_and_a_missing_heading_are_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# The `one` place\n", "utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](there.md#the-one-place) [c](gone.md) [d](there.md#other)\n"
        "[e](https://host/x)\n```\n[f](gone.md)\n```\n",
        "utf-8",
    )
    assert broken_links(page) == ["page.md: gone.md", "page.md: there.md#other"]


def test_a_line_with_two_sentences_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    lines = ["# 1. One", "1. One.", "In 3.11.", "```", "One. Two.", "```", "One two. Three."]
    page.write_text("\n".join(lines), "utf-8")
    assert crowded_lines(page) == ["page.md:7: One two. Three."]
