"""The resolver of one region, on 127.0.0.1:53 of its namespace: python resolver.py ZONE.

ZONE is a JSON object of addresses by name; a name that is absent does not exist.
"""

import asyncio
import json
import sys
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Resolver(asyncio.DatagramProtocol):
    """Answers A from the zone, and everything else of it with no data."""

    def __init__(self, zone: dict[str, str]) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        address = self._zone.get(question.name.to_text(omit_final_dot=True).lower())
        if address is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.A:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", address))
        self._transport.sendto(answer.to_wire(), addr)


async def serve(zone: dict[str, str]) -> None:
    """Serve until killed; a line tells that it listens."""
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: Resolver(zone), local_addr=("127.0.0.1", 53))
    print("listening", flush=True)  # noqa: T201 - how it is told
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
