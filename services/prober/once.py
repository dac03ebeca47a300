"""Checks one name in this process, without a server: the same observing and judging.

Law: standard output has one JSON document, the check as GET /v1/check/{id} shows it, or nothing.
There is no vantage point, no budget shared with others, and nothing is kept.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from typing import Final

from outscope import VERSION
from outscope.clock import utc_now
from outscope.config import ConfigError
from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import (
    DEFAULT_PATHS,
    DEFAULT_PORTS,
    MAX_PATHS,
    MAX_PORT,
    MAX_PORTS,
)
from outscope.netguard.deny import NOTHING_LISTED
from outscope.netguard.dial import Exhausted
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.path import normalised_path
from outscope.representation.check import check_representation
from outscope.telemetry.logs import configure_logs
from outscope.v1 import check_pb2, messages_pb2
from services.prober.check import CheckRunner
from services.prober.config import ProberConfig
from services.prober.facts import Failure, Postponed
from services.prober.report import Observer, failure_report, result_report
from services.prober.worker import spec_of

EXIT_UNDECIDED: Final = 2
EXIT_USAGE: Final = 3
# What observer says of who looked.
_HERE: Final = "this machine"


def run(arguments: Sequence[str], read: Callable[[], ProberConfig]) -> int:
    """Check the name in the arguments and print the check; return the exit code.

    0: a check is printed, whatever came of it. 2: there is none. 3: the arguments or the settings
    cannot be used.
    """
    try:
        spec, config = _asked(arguments), read()
    except (InvalidRequest, ConfigError) as error:
        field = f"{error.field}: " if isinstance(error, InvalidRequest) and error.field else ""
        sys.stderr.write(f"{field}{error}\n")
        return EXIT_USAGE
    configure_logs("probe", level="ERROR", as_json=False)
    try:
        check = asyncio.run(checked(spec, config))
    except Exhausted as error:
        sys.stderr.write(f"This machine has no means left for another connection: {error}\n")
        return EXIT_UNDECIDED
    sys.stdout.write(json.dumps(check_representation(check)) + "\n")
    return 0


async def checked(spec: check_pb2.CheckSpec, config: ProberConfig) -> check_pb2.Check:
    """Carry out one check; raises Exhausted when this machine has no means for it."""
    job = messages_pb2.ProbeJob(spec=spec)
    policy = Policy(allow=config.allow_net, deny=config.deny_file or NOTHING_LISTED)
    started_at = utc_now()
    async with Resolver(config.resolvers, timeout_s=config.dns_timeout_s) as resolver:
        runner = CheckRunner.of(
            resolver=resolver,
            policy=policy,
            user_agent=config.user_agent,
            limits=config.limits,
            ca_file=config.ca_file,
        )
        result = await runner.run(spec_of(job), egress_addresses=config.egress_addresses)
    if isinstance(result, Postponed):  # nobody else takes of a budget here
        raise Exhausted("it was put off")
    ended_at = utc_now()
    check = check_pb2.Check(spec=spec)
    check.created_at.FromDatetime(started_at)
    check.ended_at.FromDatetime(ended_at)
    if isinstance(result, Failure):
        check.status = check_pb2.CHECK_STATUS_FAILED
        check.failure.CopyFrom(failure_report(job, result).failure)
        return check
    observer = Observer(
        vantage_point=_HERE,
        prober_id=f"outscope {VERSION}",
        started_at=started_at,
        duration_ms=round((ended_at - started_at).total_seconds() * 1000),
        egress_addresses=config.egress_addresses,
        has_ipv6=runner.has_ipv6,
        user_agent=runner.user_agent,
    )
    report = result_report(job, result.facts, result.verdict, observer)
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    check.result.CopyFrom(report.result)
    check.samples.extend(report.samples)
    return check


def _asked(arguments: Sequence[str]) -> check_pb2.CheckSpec:
    parser = argparse.ArgumentParser(prog="python -m services.prober", description=__doc__)
    parser.add_argument("name", help="a host name")
    parser.add_argument("--port", type=int, action="append", default=[], help="again for more")
    parser.add_argument("--path", action="append", default=[], help="again for more")
    parser.add_argument("--sample", action="store_true", help="keep what each path answers")
    asked = parser.parse_args(arguments)
    ports, paths = dict.fromkeys(asked.port), dict.fromkeys(asked.path)
    for port in ports:
        if not 1 <= port <= MAX_PORT:
            raise InvalidRequest(f"A TCP port is between 1 and {MAX_PORT}", field="port")
    for field, values, most in (("port", ports, MAX_PORTS), ("path", paths, MAX_PATHS)):
        if len(values) > most:
            raise InvalidRequest(f"At most {most} can be checked at once", field=field)
    return check_pb2.CheckSpec(
        fqdn=normalised_fqdn(asked.name, field="name"),
        ports=list(ports) or DEFAULT_PORTS,
        paths=[normalised_path(path, field="path") for path in paths] or DEFAULT_PATHS,
        include_content_sample=asked.sample,
        discovery=check_pb2.DISCOVERY_STANDARD,
    )
