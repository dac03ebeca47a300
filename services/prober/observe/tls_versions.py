"""Finds out which versions of TLS a port accepts, by a connection for each that is not yet known.

Law: facts only. It is done when everything else is, with the other connections closed, one version
after another and the newest first: where an old one gives offence to a server or to what stands
before it, nothing else is seen otherwise for it. Only a ServerHello proves that a version is
accepted; every other end is told by its outcome, and silence is no proof of anything. What there is
no time for was not asked, which is ours.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from outscope.netguard.dial import Exhausted, Filtered, Refused, Reset, Unreachable
from services.prober.facts import Outcome, OutcomeCode, PortFacts, TlsFacts, TlsVersion
from services.prober.observe.capacity import Place
from services.prober.observe.client_hello import NOISE_BYTES, VERSIONS, Offer
from services.prober.observe.exchange import Endpoint
from services.prober.observe.server_hello import Answer
from services.prober.observe.target import Target, not_asked
from services.prober.observe.tcp import Dialler, dialled, unopened_code


async def with_versions(target: Target, ports: Sequence[PortFacts]) -> tuple[PortFacts, ...]:
    """Return the ports, all tried at once, those that speak TLS with what each version came to.

    Raises Denied.
    """
    tried = [asyncio.ensure_future(_with_versions(target, port)) for port in ports]
    try:
        return tuple(await asyncio.gather(*tried))
    except BaseException:
        for each in tried:
            each.cancel()
        await asyncio.gather(*tried, return_exceptions=True)
        raise


async def _with_versions(target: Target, port: PortFacts) -> PortFacts:
    tls = port.tls
    if tls is None:
        return port
    endpoint = Endpoint(scheme="https", fqdn=target.fqdn, port=port.port)
    dialler = target.dialler(endpoint, target.first_path)
    versions = [
        _known(tls, version) or await _tried(target, version, port.address, dialler)
        for version in reversed(VERSIONS)
    ]
    return replace(port, tls=replace(tls, versions=tuple(reversed(versions))))


def _known(tls: TlsFacts, version: str) -> TlsVersion | None:
    """Return what the port's own handshake has shown of a version, or None."""
    if not tls.outcome.ok or tls.version != version:
        return None
    return TlsVersion(version=version, accepted=True, outcome=tls.outcome)


async def _tried(target: Target, version: str, address: str, dialler: Dialler) -> TlsVersion:
    offer = Offer(
        version=VERSIONS[version],
        server_name=target.fqdn,
        noise=secrets.token_bytes(NOISE_BYTES),
    )
    outcome = Outcome(code=OutcomeCode.HTTP_NOT_ASKED)
    if not target.is_over:
        outcome = await offered(offer, address, dialler, target.tls_timeout_s)
    if target.has_cut(outcome):
        outcome = not_asked(outcome)
    return TlsVersion(version=version, accepted=outcome.ok, outcome=outcome)


async def offered(offer: Offer, address: str, dialler: Dialler, timeout_s: float) -> Outcome:
    """Connect to one address, offer it a version, and return what it answered; raises Denied.

    The time of the outcome is that of the stage it ended in: connecting, or the answer.
    """
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    try:
        asking = await _asking(offer, address, dialler)
    except Exhausted:  # ours; the port has its other facts
        code = OutcomeCode.INTERNAL
    except (Filtered, Refused, Reset, Unreachable) as error:
        code = unopened_code(error)
    else:
        started_s = loop.time()
        try:
            code = await asking.answered(min(started_s + timeout_s, dialler.deadline))
        finally:
            asking.close()
    return Outcome(code=code, duration_ms=round((loop.time() - started_s) * 1000))


async def _asking(offer: Offer, address: str, dialler: Dialler) -> "_Asking":
    place = await dialler.places.take(dialler.deadline)
    try:
        return await dialled(lambda: _Asking(offer, place), address, dialler)
    except BaseException:
        place.give_back()
        raise


class _Asking(asyncio.Protocol):
    """A connection that says one ClientHello and listens until that is answered."""

    def __init__(self, offer: Offer, place: Place) -> None:
        self._offer = offer
        self._place = place
        self._answer = Answer(offer)
        self._code: asyncio.Future[OutcomeCode] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None

    async def answered(self, until_s: float) -> OutcomeCode:
        """Wait for the answer until a moment of the loop's clock."""
        try:
            async with asyncio.timeout_at(until_s):
                return await self._code
        except TimeoutError:
            return OutcomeCode.TLS_TIMEOUT

    def close(self) -> None:
        """Let go of the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say the ClientHello."""
        self._transport = cast("asyncio.Transport", transport)  # TCP gives no other kind
        self._transport.write(self._offer.client_hello())

    def data_received(self, data: bytes) -> None:
        """Take what the server says, until it has answered."""
        if self._code.done():
            return
        try:
            code = self._answer.feed(data)
        except Exception as error:  # noqa: BLE001 - a defect of ours; told to whoever waits
            self._code.set_exception(error)
            return
        if code is not None:
            self._code.set_result(code)

    def eof_received(self) -> None:
        """Take the end of what the server says."""
        self._end(OutcomeCode.TLS_CLOSED)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let another connection be made."""
        self._place.give_back()
        self._end(OutcomeCode.TLS_CLOSED if exc is None else OutcomeCode.TLS_RESET)

    def _end(self, code: OutcomeCode) -> None:
        if not self._code.done():
            self._code.set_result(self._answer.ended(code))
