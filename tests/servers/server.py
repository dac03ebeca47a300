"""A real server of the second corpus: how it is started, and what a person says of it.

A server is a folder below tests/servers/makes with a server.toml; README.md says what that holds.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from services.prober.facts import Discovery
from services.prober.judge.verdict import Kind
from tests.servers.schema import SCHEMA

HERE: Final = Path(__file__).parent
MAKES: Final = HERE / "makes"
_VALIDATOR: Final = Draft202012Validator(SCHEMA)


class ServersError(Exception):
    """Folders that are no servers; the message has a line for each fault."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a user asks of a server, and the verdict of a person who saw what it answers."""

    # Of the server and of the case, such as django_admin/front.
    name: str
    why: str
    paths: tuple[str, ...]
    # Followed for each path; a check follows none unless it is told to.
    max_redirects: int
    # How far the check looks beyond the paths.
    discovery: Discovery
    # By the names that verdicts have.
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Server:
    """A program as its makers give it, in the configuration a new user of it would have."""

    name: str
    about: str
    # What its makers call it: several servers may be of one make.
    make: str
    # pypi, npm, debian or python, which needs nothing but the interpreter.
    source: str
    # As the source names them.
    packages: tuple[str, ...]
    # Run one after the other before it, each to its end.
    setup: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    # Files of the folder in which @names@ are replaced, as in the commands.
    templates: tuple[str, ...]
    # By the names that commands use, in the order a check asks them; of these, those of TLS.
    ports: tuple[str, ...]
    # A path that answers anything but 503 once it is ready; None where any answer of / will do.
    ready: str | None
    cases: tuple[Case, ...]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def folder(self) -> Path:
        """Where its own files are."""
        return MAKES / self.name

    @property
    def speaks_http(self) -> bool:
        """Whether a person would say so of any of its cases."""
        return any(case.expected["kind"] != Kind.OTHER_SERVICE for case in self.cases)

    @property
    def fqdn(self) -> str:
        """The name it is checked by."""
        return f"{self.name.replace('_', '-')}.test"


def servers(root: Path = MAKES) -> tuple[Server, ...]:
    """Return every server below a folder in the order of their names; raise ServersError."""
    faults: list[str] = []
    found: list[Server] = []
    for file in sorted(root.glob("*/server.toml")):
        name = file.parent.name
        try:
            written = tomllib.loads(file.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{name}: {error}")
            continue
        errors = sorted(_VALIDATOR.iter_errors(written), key=lambda error: error.json_path)
        faults += [f"{name}: {error.json_path}: {error.message}" for error in errors]
        if not errors:
            found.append(_server(name, written))
    if faults:
        raise ServersError("\n".join(faults))
    return tuple(found)


def _server(name: str, written: Mapping[str, Any]) -> Server:
    return Server(
        name=name,
        about=written["about"],
        make=written["make"],
        source=written["source"],
        packages=tuple(written.get("packages", ())),
        setup=tuple(tuple(command) for command in written.get("setup", ())),
        command=tuple(written["command"]),
        environment=written.get("environment", {}),
        templates=tuple(written.get("templates", ())),
        ports=tuple(written.get("ports", ("port",))),
        ready=written.get("ready"),
        cases=tuple(_case(name, case) for case in written["case"]),
    )


def _case(server: str, written: Mapping[str, Any]) -> Case:
    expected = {
        "analyzability": written["analyzability"],
        "analyzable": written["analyzability"] == "analyzable",
        "kind": written["kind"],
        "auth_detected": written["auth_detected"],
        "api_doc_detected": written["api_doc_detected"],
    }
    return Case(
        name=f"{server}/{written['name']}",
        why=written["why"],
        paths=tuple(written.get("paths", ("/",))),
        max_redirects=written.get("max_redirects", 0),
        discovery=Discovery(written.get("discovery", Discovery.STANDARD)),
        expected=expected | {name: written[name] for name in _OPTIONAL if name in written},
    )


_OPTIONAL: Final = ("reason", "service")
