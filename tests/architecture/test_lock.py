"""The locks hold every dependency asked for, each with its hash, and no index address."""

import re
import tomllib
from typing import Final

import pytest

from tests.architecture.tree import ROOT

OF_TESTS: Final = ("tests/servers", "tests/contract/console")
LOCKS: Final = ("requirements.lock", *(f"{folder}/requirements.lock" for folder in OF_TESTS))
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
ADDRESS: Final = re.compile(
    r"^\s*(?:#.*)?--?(?:i|f|index|extra-index|find-links)\b.*|https?://\S+", re.MULTILINE
)


def normalised(name: str) -> str:
    """Return a package name in the form of PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(pyproject: str) -> set[str]:
    """Return the packages that pyproject.toml asks for, extras included."""
    project = tomllib.loads(pyproject)["project"]
    groups = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    names = (NAME.match(requirement) for group in groups for requirement in group)
    return {normalised(name[0]) for name in names if name}


def pinned(lock: str) -> set[str]:
    return {normalised(found[0]) for found in PINNED.findall(lock)}


def without_hash(lock: str) -> list[str]:
    """Return the pins that no hash follows; a line that ends with a backslash goes on."""
    logical = lock.replace("\\\n", " ").splitlines()
    pins = (line for line in logical if PINNED.match(line))
    return [line.split()[0] for line in pins if "--hash=sha256:" not in line]


def asked_in(requirements: str) -> set[str]:
    """Return the packages that a list of requirements asks for."""
    names = (NAME.match(line) for line in requirements.splitlines())
    return {normalised(name[0]) for name in names if name}


@pytest.fixture(scope="module", params=LOCKS)
def lock(request: pytest.FixtureRequest) -> str:
    return (ROOT / str(request.param)).read_text("utf-8")


def test_every_dependency_is_locked() -> None:
    product = (ROOT / "requirements.lock").read_text("utf-8")
    asked = wanted((ROOT / "pyproject.toml").read_text("utf-8"))
    assert sorted(asked - pinned(product)) == []


@pytest.mark.parametrize("folder", OF_TESTS)
def test_every_dependency_of_tests_is_locked(folder: str) -> None:
    asked = asked_in((ROOT / folder / "requirements.in").read_text("utf-8"))
    locked = pinned((ROOT / folder / "requirements.lock").read_text("utf-8"))
    assert asked
    assert sorted(asked - locked) == []


def test_every_pin_has_a_hash(lock: str) -> None:
    assert without_hash(lock) == []


def test_the_lock_names_no_index(lock: str) -> None:
    assert ADDRESS.findall(lock) == []


def test_a_dependency_missing_from_the_lock_is_found() -> None:
    pyproject = (
        '[project]\ndependencies = ["grpcio", "psycopg[binary,pool]>=3"]\n'
        '[project.optional-dependencies]\ndev = ["types-PyYAML"]\n'
    )
    assert wanted(pyproject) - pinned("grpcio==1.0\n") == {"psycopg", "types-pyyaml"}


def test_a_pin_without_a_hash_is_found() -> None:
    lock = "a==1 \\\n    --hash=sha256:00\nb==2\n    # via a\n"
    assert without_hash(lock) == ["b==2"]


@pytest.mark.parametrize(
    "line", ["--index-url https://pypi.example/simple", "-i here", "a @ https://host/a.whl"]
)
def test_an_index_address_is_found(line: str) -> None:
    assert ADDRESS.findall(f"a==1\n{line}\n")
