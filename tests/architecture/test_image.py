"""The image is built from a pinned base and files that exist, and runs as a numbered user."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from tests.architecture.tree import ROOT

DOCKERFILE: Final = ROOT / "deploy/Dockerfile"
IGNORED: Final = ROOT / "deploy/Dockerfile.dockerignore"
PINNED: Final = re.compile(r"^ARG PYTHON_IMAGE=\S+:\d+\.\d+\.\d+-\S+$", re.MULTILINE)
NUMBERED_USER: Final = re.compile(r"[1-9]\d*(:[1-9]\d*)?")


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Return each instruction and its arguments, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE))
    lines = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name.upper(), arguments) for name, arguments in lines]


def copied(dockerfile: str) -> Iterator[str]:
    """Yield what is copied from the repository."""
    for name, arguments in instructions(dockerfile):
        if name == "COPY" and "--from=" not in arguments:
            yield from arguments.split()[:-1]


def user_at_the_end(dockerfile: str) -> str:
    """Return the user that the last stage runs as, root unless it says otherwise."""
    user = "root"
    for name, arguments in instructions(dockerfile):
        user = {"FROM": "root", "USER": arguments}.get(name, user)
    return user


@pytest.fixture(scope="module")
def dockerfile() -> str:
    return DOCKERFILE.read_text("utf-8")


def test_the_base_is_pinned_to_a_release(dockerfile: str) -> None:
    assert PINNED.search(dockerfile)
    stages = [arguments.split() for name, arguments in instructions(dockerfile) if name == "FROM"]
    others = {base for base, *_ in stages} - {name for _, _, name in stages}
    # What is in none is only taken out of the build.
    assert others == {"${PYTHON_IMAGE}", "scratch"}
    assert stages[0] == ["${PYTHON_IMAGE}", "AS", "system"]
    assert stages[-1] == ["system", "AS", "service"]


def test_the_image_runs_as_a_numbered_user(dockerfile: str) -> None:
    assert NUMBERED_USER.fullmatch(user_at_the_end(dockerfile))


def test_what_is_copied_exists_and_is_not_ignored(dockerfile: str) -> None:
    let_in = {line[1:] for line in IGNORED.read_text("utf-8").splitlines() if line.startswith("!")}
    sources = set(copied(dockerfile))
    assert [source for source in sorted(sources) if not (ROOT / source).exists()] == []
    assert sources == let_in


def test_what_modules_read_from_their_package_is_in_the_image() -> None:
    lines = IGNORED.read_text("utf-8").splitlines()
    left_out = [line for line in lines if line and not line.startswith(("#", "!"))]
    assert left_out == ["*", "**/__pycache__"]
    read = [*ROOT.glob("services/*/*/rules/*.toml"), *ROOT.glob("services/*/*/*/*.sql")]
    assert {file.suffix for file in read} == {".toml", ".sql"}
    copied_folders = tuple(copied(DOCKERFILE.read_text("utf-8")))
    paths = [file.relative_to(ROOT).as_posix() for file in read]
    assert [path for path in paths if not path.startswith(copied_folders)] == []


def test_a_user_is_forgotten_by_the_next_stage() -> None:
    assert user_at_the_end("FROM a\nUSER 5\nFROM b\nRUN x \\\n USER 6\n") == "root"
    assert user_at_the_end("FROM a\nFROM b\nUSER 7:7\n# USER 0\n") == "7:7"


def test_only_what_comes_from_the_repository_counts_as_copied() -> None:
    assert list(copied("COPY a b ./\nCOPY --from=x /y /z\n")) == ["a", "b"]
