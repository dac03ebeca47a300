"""Resolves host names through resolvers of the operator's choice, on the wire.

Addresses are asked for as A and AAAA at the same time, other records one type at a time; over UDP,
and over TCP when an answer is cut off, of one resolver after another within one time limit.
Resolvers are configured, not chosen by strangers, and so the network policy does not apply to them;
it applies to the addresses they answer.
"""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from outscope.netguard.answer import Answer, Records, RecordSet, ResolveStatus, overall_status
from outscope.netguard.chain import Lookup, advanced
from outscope.netguard.exchange import Exchange
from outscope.netguard.ranges import IPAddress
from outscope.netguard.tcp import ask_over_tcp
from outscope.netguard.udp import UdpChannel
from outscope.netguard.wire import (
    MalformedMessage,
    RecordType,
    UnusableName,
    question_for,
    text_name,
    wire_name,
)

__all__ = [
    "Answer",
    "RecordSet",
    "RecordType",
    "Records",
    "ResolveStatus",
    "Resolver",
    "UnusableName",
    "system_resolvers",
]

_RESOLV_CONF: Final = Path("/etc/resolv.conf")
_DNS_PORT: Final = 53
_MIN_ROUNDS: Final = 3  # how often something is asked before it counts as unanswered
_PAUSE_S: Final = 0.1  # before a resolver is tried again at once
_TICK_S: Final = 0.002  # uvloop counts in milliseconds, so a timer may fire this much early
_TYPES: Final = (RecordType.A, RecordType.AAAA)
_IPV4_BYTES: Final = 4

Sockaddr = tuple[str, int]
Lookups = dict[RecordType, Lookup]


def system_resolvers(path: Path = _RESOLV_CONF) -> tuple[tuple[str, int], ...]:
    """Return the resolvers this machine is configured with; its own loopback when none is."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        lines = []
    words = (line.split() for line in lines)
    found = tuple(
        (word[1], _DNS_PORT) for word in words if len(word) > 1 and word[0] == "nameserver"
    )
    return found or (("127.0.0.1", _DNS_PORT),)


class _Server:
    """One resolver: its address and the socket in use for it."""

    def __init__(self, name: str, sockaddr: Sockaddr, loop: asyncio.AbstractEventLoop) -> None:
        self.name = name
        self.sockaddr = sockaddr
        self._loop = loop
        self._channel: UdpChannel | None = None

    def channel(self) -> UdpChannel:
        """Return a socket with questions left to serve."""
        if self._channel is not None and self._channel.is_spent:
            self._channel.retire()
            self._channel = None
        if self._channel is None:
            self._channel = UdpChannel(self.sockaddr, self.name, self._loop)
        return self._channel

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()


class Resolver:
    """Looks names up; an async context manager that owns its sockets."""

    def __init__(self, servers: tuple[tuple[str, int], ...], *, timeout_s: float = 3.0) -> None:
        if not servers:
            raise ValueError("a resolver needs at least one server")
        self._addresses = servers
        self._timeout_s = timeout_s
        self._servers: tuple[_Server, ...] = ()
        self._first = 0  # the server that answered last, asked first

    async def __aenter__(self) -> Self:
        """Find the servers' addresses; raises OSError when one has a name that has none."""
        self._loop = asyncio.get_running_loop()
        servers = []
        for host, port in self._addresses:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            servers.append(_Server(name, (str(found[0][4][0]), port), self._loop))
        self._servers = tuple(servers)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for server in self._servers:
            server.close()

    async def addresses(self, fqdn: str) -> Answer:
        """Return every address of a name in A-labels; raises UnusableName when it is none."""
        name = wire_name(fqdn)
        started = self._loop.time()
        lookups = {each: Lookup(chain=(name,)) for each in _TYPES}
        await self._follow(lookups, started + self._timeout_s)
        return _answer_of(lookups, duration_ms=round((self._loop.time() - started) * 1000))

    async def records(self, name: str, record_type: RecordType, *, until: float) -> Records:
        """Return the records of one type at a name in A-labels; raises UnusableName.

        The look-up ends at `until`, a moment of the loop's clock, and within its own time limit.
        """
        lookups = {record_type: Lookup(chain=(wire_name(name),))}
        await self._follow(lookups, min(until, self._loop.time() + self._timeout_s))
        lookup = lookups[record_type]
        return Records(
            status=lookup.status,
            contents=lookup.contents,
            ttl_s=lookup.ttl_s,
            is_alias=len(lookup.chain) > 1,
        )

    async def _follow(self, lookups: Lookups, deadline: float) -> None:
        """Take every look-up to the end of its aliases."""
        while names := {each.chain[-1] for each in lookups.values() if each.is_open}:
            for name in names:
                await self._advance(lookups, name, deadline)

    async def _advance(self, lookups: Lookups, name: bytes, deadline: float) -> None:
        """Take every look-up that waits for this name one answer further."""
        questions = {
            question_for(name, record_type): record_type
            for record_type, lookup in lookups.items()
            if lookup.is_open and lookup.chain[-1] == name
        }
        exchange = Exchange(tuple(questions), self._loop)
        try:
            await self._ask(exchange, deadline)
        finally:
            exchange.forget()
        for question, record_type in questions.items():
            answer = exchange.answers.get(question)
            lookup = lookups[record_type]
            if answer is None:
                lookup.is_open = False
                lookup.status = exchange.failure(question)
            else:
                lookups[record_type] = advanced(lookup, *answer)

    async def _ask(self, exchange: Exchange, deadline: float) -> None:
        """Go round the servers until everything is answered, all of them failed, or time is up.

        A server that is waited for takes its share of the time. One that cannot be reached takes
        next to none, and while nobody has told anything it is tried again, after a pause.
        """
        rounds = shares = max(_MIN_ROUNDS, len(self._servers))
        first, passed_over, is_waited = self._first, 0, False
        for number in count():
            index = (first + number) % len(self._servers)
            questions = exchange.unanswered(self._servers[index].name)
            passed_over = 0 if questions else passed_over + 1
            if passed_over == len(self._servers) or (number >= rounds and not exchange.is_untold):
                return
            if not questions:
                continue
            if number >= len(self._servers) and not is_waited:
                await asyncio.sleep(_PAUSE_S)
            started = self._loop.time()
            if deadline - started < _TICK_S:
                return
            share_s = (deadline - started) / shares
            await _ask_server(exchange, self._servers[index], questions, share_s)
            if exchange.is_complete:
                self._first = index
                return
            is_waited = self._loop.time() - started > share_s / 2
            shares = max(1, shares - is_waited)


async def _ask_server(
    exchange: Exchange, server: _Server, questions: tuple[bytes, ...], timeout_s: float
) -> None:
    try:
        channel = server.channel()
    except OSError:  # no way leads there, or no descriptor is left
        for question in questions:
            exchange.fail(question, ResolveStatus.UNREACHABLE)
        return
    exchange.ask(channel, questions)
    await exchange.wait(timeout_s)
    if exchange.truncated:
        again = tuple(exchange.truncated)
        exchange.truncated.clear()
        await asyncio.gather(
            *(_ask_again(exchange, server, question, timeout_s) for question in again)
        )


async def _ask_again(
    exchange: Exchange, server: _Server, question: bytes, timeout_s: float
) -> None:
    try:
        message = await ask_over_tcp(server.sockaddr, question, timeout_s=timeout_s)
    except MalformedMessage:
        exchange.fail(question, ResolveStatus.MALFORMED, server.name)
    except TimeoutError:
        exchange.fail(question, ResolveStatus.TIMEOUT)
    except OSError:
        exchange.fail(question, ResolveStatus.UNREACHABLE)
    else:
        exchange.read(question, message, server.name)
        if question in exchange.truncated:  # over TCP nothing may be cut off
            exchange.fail(question, ResolveStatus.MALFORMED, server.name)


def _answer_of(lookups: Lookups, *, duration_ms: int) -> Answer:
    a, aaaa = lookups[RecordType.A], lookups[RecordType.AAAA]
    status = overall_status(a.status, aaaa.status)
    used = [each for each in (a, aaaa) if each.status is status]
    chain = max((each.chain for each in used), key=len)
    return Answer(
        status=status,
        a=_record_set(a),
        aaaa=_record_set(aaaa),
        cname_chain=tuple(map(text_name, chain[1:])),
        aliases=tuple(map(text_name, dict.fromkeys((*a.chain[1:], *aaaa.chain[1:])))),
        ttl_s=min((each.ttl_s for each in used if each.ttl_s is not None), default=None),
        server=used[0].server,
        duration_ms=duration_ms,
        authenticated=all(each.authenticated and each.server for each in used),
    )


def _record_set(lookup: Lookup) -> RecordSet:
    return RecordSet(status=lookup.status, addresses=tuple(map(_unpacked, lookup.contents)))


def _unpacked(packed: bytes) -> IPAddress:
    return IPv4Address(packed) if len(packed) == _IPV4_BYTES else IPv6Address(packed)
