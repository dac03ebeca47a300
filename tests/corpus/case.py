"""One case of the corpus: the facts of a host, and what a competent person would say of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from services.prober.facts import HostFacts
from tests.corpus.facts import host_facts


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A rule that must be told, and the fields of the facts it cannot do without all of."""

    rule: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The verdict of a person, and the reason code of what decides."""

    analyzability: str
    analyzable: bool
    kind: str
    auth_detected: bool
    api_doc_detected: bool
    reason: str
    # Those who stand in front, by the names of tests.corpus.vendors.
    vendors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case by its name, such as challenge/aws_waf_captcha."""

    name: str
    about: str
    source: str
    # As written; removal.py takes fields out of it.
    facts: Mapping[str, Any]
    expected: Expected
    # What must decide, and what must be told beside it.
    decides: Mark
    also: tuple[Mark, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def group(self) -> str:
        """The folder of the case."""
        return self.name.partition("/")[0]

    @cached_property
    def host(self) -> HostFacts:
        """The facts as the prober hands them to the judge."""
        return host_facts(self.facts)
