"""The prober as a process: ready when the bus answers, alive on it, and a clean end on SIGTERM."""

import asyncio
import signal
from pathlib import Path

from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import connect_bus
from outscope.representation.dns import dns_representation
from outscope.v1 import check_pb2, messages_pb2
from tests.integration.prober.conftest import NAME
from tests.integration.prober.process import PATIENCE_S, started, until_ready
from tests.targets.certificates import Issued, server_context
from tests.targets.dns import serve_dns
from tests.targets.http import HttpServer, response
from tests.targets.serve import own_address, serve


def job_for(port: int) -> messages_pb2.ProbeJob:
    return messages_pb2.ProbeJob(
        probe_id="prb_main",
        check_id="chk_main",
        attempt=1,
        spec=check_pb2.CheckSpec(fqdn=NAME, ports=[port], paths=["/"]),
    )


async def report_of(
    job: messages_pb2.ProbeJob, reported: "asyncio.Queue[bytes]"
) -> messages_pb2.ProbeReport:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            report = messages_pb2.ProbeReport.FromString(await reported.get())
            if report.probe_id == job.probe_id:
                return report


async def test_a_prober_carries_out_a_job_from_the_bus(
    nats_url: str, good: Issued, ca_file: Path
) -> None:
    vantage, host, health_port = "test-main-1", own_address(), free_port()
    server = HttpServer({"/": response(429, b"slow down")})
    told: asyncio.Queue[bytes] = asyncio.Queue()
    reported: asyncio.Queue[bytes] = asyncio.Queue()
    async with (
        connect_bus(nats_url, "test") as bus,
        bus.subscription(subjects.presence(vantage), told.put),
        bus.subscription(subjects.REPORTS, reported.put),
        serve_dns({NAME: (host,)}) as (dns_host, dns_port),
        serve(server, tls=server_context(good), host=host) as port,
        started(
            {
                "NATS_URL": nats_url,
                "VANTAGE_POINT": vantage,
                "OUTSCOPE_RESOLVERS": f"{dns_host}:{dns_port}",
                "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
                "OUTSCOPE_CA_FILE": str(ca_file),
                "OUTSCOPE_CONTACT_URL": "https://contact.test",
                "OUTSCOPE_EGRESS_ADDRESSES": "198.51.100.7,2001:db8::7",
                "OUTSCOPE_HEALTH_LISTEN": f"127.0.0.1:{health_port}",
            }
        ) as process,
    ):
        await until_ready(f"http://127.0.0.1:{health_port}/readyz")
        job = job_for(port)
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            await told.get()
            while not server.requests or await bus.backlog(subjects.jobs_consumer(vantage)):
                await asyncio.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
        assert b"(+https://contact.test)" in server.requests[0]
        result = (await report_of(job, reported)).result
        assert list(result.observer.egress_addresses) == ["198.51.100.7", "2001:db8::7"]
        assert "our addresses (198.51.100.7, 2001:db8::7)" in result.analysis.reasons[0].message


async def test_a_job_that_asks_for_dns_records_is_reported_with_them(nats_url: str) -> None:
    vantage, health_port = "test-main-3", free_port()
    reported: asyncio.Queue[bytes] = asyncio.Queue()
    records = {NAME: {"MX": ("10 mail.test.",), "TXT": ('"v=spf1 " "-all"', '"\\255\\000"')}}
    async with (
        connect_bus(nats_url, "test") as bus,
        bus.subscription(subjects.REPORTS, reported.put),
        serve_dns({}, records=records) as (dns_host, dns_port),
        started(
            {
                "NATS_URL": nats_url,
                "VANTAGE_POINT": vantage,
                "OUTSCOPE_RESOLVERS": f"{dns_host}:{dns_port}",
                "OUTSCOPE_CONTACT_URL": "https://contact.test",
                "OUTSCOPE_HEALTH_LISTEN": f"127.0.0.1:{health_port}",
            }
        ),
    ):
        await until_ready(f"http://127.0.0.1:{health_port}/readyz")
        job = job_for(443)
        job.probe_id = "prb_records"
        job.spec.dns_records = True
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        report = await report_of(job, reported)
    shown = dns_representation(report.result.dns)["records"]
    assert [(each["kind"], each["values"]) for each in shown] == [
        ("caa", []),
        ("mx", ["10 mail.test."]),
        ("ns", []),
        ("spf", ["v=spf1 -all"]),
        ("dmarc", []),
    ]
    outcomes = [each["outcome"] for each in shown]
    assert [each["code"] for each in outcomes if each] == [
        *("dns_no_data", "ok", "dns_no_data", "ok", "dns_nxdomain")
    ]


async def test_a_missing_setting_ends_it_at_once_with_one_line_that_names_it() -> None:
    async with started({}) as process, asyncio.timeout(PATIENCE_S):
        _, told = await process.communicate()
    assert process.returncode == 78
    assert told.decode().splitlines() == [
        "prober: VANTAGE_POINT is not set, and there is no default"
    ]


async def test_a_deny_list_with_a_mistake_ends_it_at_once_with_one_line_that_names_it(
    tmp_path: Path,
) -> None:
    deny = tmp_path / "deny.txt"
    deny.write_text("good.example\nhttps://bad.example\n")
    settings = {"VANTAGE_POINT": "test-main-2", "OUTSCOPE_DENY_FILE": str(deny)}
    async with started(settings) as process, asyncio.timeout(PATIENCE_S):
        _, told = await process.communicate()
    assert process.returncode == 78
    (line,) = told.decode().splitlines()
    assert line.startswith(f"prober: OUTSCOPE_DENY_FILE={str(deny)!r}: line 2: ")
