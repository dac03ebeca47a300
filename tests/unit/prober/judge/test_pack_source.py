from collections.abc import Callable

import pytest

from services.prober.judge.html import html_facts
from services.prober.judge.pack_source import (
    RULES_VERSION,
    WRITTEN_PACK,
    PackError,
    digest_of,
    elements_in,
    read_pack,
)

ABOUT = 'version = 3\ndigest = "d"\ncode = "c"\nfamilies = ["walls"]\n'
WALLS = 'form = "page"\n[[rule]]\nid = "wall.block"\n'


def files(**texts: str) -> Callable[[str], str]:
    def text_of(name: str) -> str:
        stem = name.removesuffix(".toml")
        if stem not in texts:
            raise FileNotFoundError(name)
        return texts[stem]

    return text_of


def test_a_pack_is_its_version_and_its_families_in_their_order() -> None:
    about = ABOUT.replace('"walls"', '"walls", "gates"')
    pack = read_pack(files(pack=about, walls=WALLS, gates='form = "front"'))
    assert (pack.version, pack.digest, pack.code) == (3, "d", "c")
    assert list(pack.families) == ["walls", "gates"]
    assert pack.families["walls"]["rule"] == [{"id": "wall.block"}]


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({"walls": WALLS}, r"rules/pack\.toml: there is no such file"),
        ({"pack": ABOUT}, r"rules/walls\.toml: there is no such file; add it, or take it out"),
        (
            {"pack": ABOUT, "walls": "form ="},
            r"rules/walls\.toml: it is no TOML; correct it: ",
        ),
        ({"pack": "version = 3"}, r"rules/pack\.toml: it has a version .* run: make rules"),
        ({"pack": ABOUT.replace("3", "0")}, "a number from 1"),
        ({"pack": ABOUT.replace("3", "true")}, "a number from 1"),
        ({"pack": ABOUT.replace('"d"', "4")}, "a digest"),
        ({"pack": ABOUT.replace('"c"', "4")}, "one of the code"),
        ({"pack": ABOUT.replace('["walls"]', "[1]")}, "the names of its families"),
        ({"pack": f"{ABOUT}x = 1"}, "nothing else"),
    ],
)
def test_what_is_no_pack_is_refused_with_file_and_remedy(texts: dict[str, str], fault: str) -> None:
    with pytest.raises(PackError, match=fault):
        read_pack(files(**texts))


def digest(walls: str, version: int = 3, code: str = "c") -> str:
    return digest_of(version, read_pack(files(pack=ABOUT, walls=walls)).families, code)


def test_a_digest_changes_with_a_rule_its_order_the_code_and_the_version_and_nothing_else() -> None:
    assert digest(f"# Walls.\n\n{WALLS}\n") == digest(WALLS)
    two = WALLS + '[[rule]]\nid = "wall.limit"\n'
    turned = 'form = "page"\n[[rule]]\nid = "wall.limit"\n[[rule]]\nid = "wall.block"\n'
    others = {
        digest(WALLS),
        digest(WALLS, version=4),
        digest(WALLS, code="d"),
        digest(WALLS.replace("block", "limit")),
        digest(two),
        digest(turned),
    }
    assert len(others) == 6


def test_a_digest_changes_with_the_order_of_the_families() -> None:
    assert digest_of(3, {"a": {}, "b": {}}, "c") != digest_of(3, {"b": {}, "a": {}}, "c")


def test_the_pack_has_not_changed_since_its_version_was_raised() -> None:
    """A changed rule under an old version would be told by verdicts that it did not reach."""
    known = digest_of(WRITTEN_PACK.version, WRITTEN_PACK.families, WRITTEN_PACK.code)
    assert known == WRITTEN_PACK.digest, "run: make rules"
    assert str(WRITTEN_PACK.version) == RULES_VERSION


def test_the_elements_of_viewers_are_those_a_document_is_read_for() -> None:
    viewers = 'form = "viewer"\n[[rule]]\nelement = "wall-api"\n[[rule]]\nelement = "wall-api"\n'
    assert elements_in(read_pack(files(pack=ABOUT, walls=viewers))) == ("wall-api",)
    for element in elements_in(WRITTEN_PACK):
        assert html_facts(f"<p><{element} a=b></{element}>").elements == {element}
