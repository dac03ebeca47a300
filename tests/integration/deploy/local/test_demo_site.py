import io
import ssl
from pathlib import Path

import aiohttp
import dns.asyncquery
import dns.message
import trustme

from deploy.local.console import Console
from deploy.local.demo_site import demo_site
from deploy.local.options import Variables
from deploy.local.ports import LOOPBACK
from deploy.local.services import Wiring
from deploy.local.supervisor import Supervisor


def wiring(ca_file: Path | None) -> Wiring:
    return Wiring(
        database_url="",
        nats_url="",
        rest_port=1,
        grpc_port=2,
        service_token="",
        secret_keys="k",
        vantages={"eu-west-1": 1},
        resolvers=(),
        allow_net=("10.0.0.0/8",),
        deny_file=None,
        ca_file=ca_file,
        drain_s=1,
    )


async def test_a_prober_wired_to_it_resolves_reaches_and_trusts_it(tmp_path: Path) -> None:
    given = tmp_path / "given.pem"
    trustme.CA().cert_pem.write_to_path(given)
    demo = demo_site(tmp_path)
    parts = Supervisor(Console(io.StringIO(), colour=False), Variables().all())
    async with parts:
        await parts.start([demo.program(("127.0.0.1:1",))])
        opened = demo.opened_to(wiring(given))
        ((host, _, port),) = (resolver.rpartition(":") for resolver in opened.resolvers)
        query = dns.message.make_query(demo.target.fqdn, "A")
        reply = await dns.asyncquery.udp(query, host, timeout=2, port=int(port))
        assert reply.answer[0][0].to_text() == LOOPBACK
        assert opened.ca_file is not None
        trust = ssl.create_default_context(cafile=str(opened.ca_file))
        url = f"https://{LOOPBACK}:{demo.target.ports[1]}/"
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, ssl=trust, server_hostname=demo.target.fqdn) as answer,
        ):
            assert answer.status == 200
    assert opened.allow_net == ("10.0.0.0/8", "127.0.0.0/8")
    assert given.read_text().strip() in opened.ca_file.read_text()


def test_the_check_asks_for_what_the_site_has() -> None:
    demo = demo_site(Path("unused"))
    assert demo.target.ports == (demo.http_port, demo.https_port)
    assert {"/", "/login", "/docs", "/openapi.json"} <= set(demo.target.paths)
