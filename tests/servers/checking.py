"""Checks real servers as the prober does, and tells where a verdict differs from a person's."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.user_agent import user_agent
from services.prober.check import Checked, CheckRunner
from services.prober.facts import CheckSpec, HostFacts, PathFacts
from services.prober.judge.verdict import Verdict
from tests.servers.programs import missing
from tests.servers.server import Case, Server
from tests.servers.starting import StartError, started
from tests.targets.certificates import Authority, write_bundle
from tests.targets.dns import Zone, serve_dns

# Servers that run side by side: they start on a processor each, and wait beside that.
AT_ONCE: Final = 4


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the judge said of a case, and the names of what a person says otherwise."""

    server: Server
    case: Case
    checked: Checked

    @property
    def name(self) -> str:
        """The name of the case."""
        return self.case.name

    @property
    def wanted(self) -> Mapping[str, Any]:
        """What a person says."""
        return self.case.expected

    @property
    def said(self) -> dict[str, Any]:
        """What the judge said, by the same names."""
        return {name: said_by(self.checked)[name] for name in self.wanted}

    @property
    def differences(self) -> tuple[str, ...]:
        """The names of what differs."""
        return tuple(name for name, value in self.said.items() if value != self.wanted[name])

    def __str__(self) -> str:
        parts = [
            f"{name} is {self.said[name]}, not {self.wanted[name]}" for name in self.differences
        ]
        return f"{self.case}: {'; '.join(parts)} ({self.case.why})"


@dataclass(frozen=True, kw_only=True)
class Run:
    """All that came of running servers; broken ones were installed and did not start."""

    results: tuple[Result, ...]
    skipped: Mapping[str, str]
    broken: Mapping[str, str]

    @property
    def makes(self) -> frozenset[str]:
        """The makes that were checked."""
        return frozenset(result.server.make for result in self.results)


def said_by(checked: Checked) -> dict[str, Any]:
    """Return what is compared of a check."""
    verdict: Verdict = checked.verdict
    return {
        "analyzability": str(verdict.analyzability),
        "analyzable": verdict.analyzable,
        "kind": str(verdict.kind),
        "auth_detected": verdict.auth_detected,
        "api_doc_detected": verdict.api_doc_detected,
        "reason": verdict.reasons[0].code,
        "service": checked.facts.ports[0].service if checked.facts.ports else "",
    }


def requests_beyond(facts: HostFacts) -> int:
    """Count the requests of a check that nobody asked for: beyond its paths and their redirects.

    A port that was looked at once more after an accident had one more.
    """
    used = {_authority_of(path) for path in facts.paths}
    others = (port.probe for port in facts.ports if port.probe is not None)
    again = sum(port.attempts - 1 for port in facts.ports)
    return again + sum(
        1 + len(answer.redirects)
        for answer in (
            *((facts.control,) if facts.control else ()),
            *facts.discovered,
            *(probe for probe in others if _authority_of(probe) not in used),
        )
    )


def _authority_of(answer: PathFacts) -> str:
    return urlsplit(answer.url).netloc


async def run(servers: Iterable[Server], folder: Path, at_once: int = AT_ONCE) -> Run:
    """Start each server, check it, stop it; a few of them at a time."""
    authority = Authority.root("Real servers")
    ca_file = write_bundle(folder / "ca.pem", authority)
    turns = asyncio.Semaphore(at_once)
    results: list[Result] = []
    skipped: dict[str, str] = {}
    broken: dict[str, str] = {}
    async with _prober(ca_file) as (runner, zone):

        async def one(server: Server) -> None:
            async with turns:
                try:
                    results.extend(await _checked(server, runner, zone, authority))
                except StartError as error:
                    broken[server.name] = str(error)

        async with asyncio.TaskGroup() as group:
            for server in servers:
                lacks = missing(server)
                if lacks is None:
                    group.create_task(one(server))
                else:
                    skipped[server.name] = lacks
    ordered = sorted(results, key=lambda result: result.case.name)
    return Run(results=tuple(ordered), skipped=skipped, broken=dict(sorted(broken.items())))


@asynccontextmanager
async def _prober(ca_file: Path) -> AsyncIterator[tuple[CheckRunner, Zone]]:
    """Yield the prober's engine with its default limits, and the zone it resolves names by."""
    zone: Zone = {}
    async with (
        serve_dns(zone) as name_server,
        Resolver((name_server,), timeout_s=3.0) as resolver,
    ):
        runner = CheckRunner.of(
            resolver=resolver,
            policy=Policy(allow=(ip_network("127.0.0.0/8"),)),
            user_agent=user_agent(""),
            ca_file=ca_file,
        )
        yield runner, zone


async def _checked(
    server: Server, runner: CheckRunner, zone: Zone, authority: Authority
) -> Sequence[Result]:
    results: list[Result] = []
    async with started(server, authority) as running:
        zone[server.fqdn] = (running.address,)
        for case in server.cases:
            spec = CheckSpec(
                fqdn=server.fqdn,
                ports=running.ports,
                paths=case.paths,
                max_redirects=case.max_redirects,
                discovery=case.discovery,
            )
            checked = await _check(runner, spec)
            if is_out_of_time(checked.facts):  # a busy machine is no fault of the verdict
                checked = await _check(runner, spec)
            results.append(Result(server=server, case=case, checked=checked))
    return results


async def _check(runner: CheckRunner, spec: CheckSpec) -> Checked:
    checked = await runner.run(spec)
    if not isinstance(checked, Checked):
        raise StartError(f"{spec.fqdn} was not checked: {checked}")
    return checked


def is_out_of_time(facts: HostFacts) -> bool:
    """Tell a check in which some answer did not come in time."""
    outcomes = (*(path.outcome.code for path in facts.paths), *_of_ports(facts))
    return facts.deadline_hit or any(code.endswith("timeout") for code in outcomes)


def _of_ports(facts: HostFacts) -> Iterator[str]:
    for port in facts.ports:
        yield from (
            outcome.code
            for outcome in (port.tcp_outcome, port.tls_outcome, port.http_outcome)
            if outcome is not None
        )


def explained(result: Result) -> Iterator[str]:
    """Yield the requests of a check with their answers, and the reasons of its verdict."""
    facts = result.checked.facts
    for port in facts.ports:
        yield (
            f"  port {port.port} {port.state} {port.service or '-'} http "
            f"{port.http_outcome.code if port.http_outcome else None} {port.banner[:60]!r}"
        )
    for name, answers in (
        ("path", facts.paths),
        ("control", (facts.control,) if facts.control else ()),
        ("found", facts.discovered),
    ):
        yield from (f"  {name} {_line_of(answer)}" for answer in answers)
    for reason in result.checked.verdict.reasons:
        rules = ", ".join(f"{item.rule} {item.field}={item.value}" for item in reason.evidence)
        yield f"  {reason.code}: {rules[:400]}"


def _line_of(answer: PathFacts) -> str:
    where = f" -> {answer.location}" if answer.location else ""
    return (
        f"{answer.path} {answer.status or answer.outcome.code} {answer.content_type or '-'}"
        f"{where} {answer.body[:100]!r}"
    )
