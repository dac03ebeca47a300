"""Three regions with probers of one running system, and a target that answers each differently."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import trustme

from tests.e2e.fleet import Wire
from tests.e2e.running import REPOSITORY, Json, System, running_system
from tests.regions.names import zone_of
from tests.regions.world import ALLOWED, Region, a_world, why_not

TAGS: Final = {
    "eu-west-1": "continent:eu,provider:one",
    "us-east-1": "continent:na,provider:one",
    "ap-south-1": "continent:as,provider:two",
}
# `make ci` says so: where it is root, these tests are not left out.
REQUIRED: Final = os.environ.get("OUTSCOPE_NAMESPACES") == "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions:
    """The system that all regions belong to."""

    system: System

    async def listed(self) -> dict[str, Json]:
        """The vantage points by name."""
        status, answer = await self.system.call("GET", "/v1/vantage-points")
        assert status == 200, answer
        return {each["name"]: each for each in answer["data"]}

    async def seen_from(self, region: str, fqdn: str, **spec: object) -> Json:
        """What a check from one region says once it has ended."""
        check_id = await self.system.create(fqdn, vantage_point=region, **SPEC, **spec)
        return await self.system.ended(check_id)


SPEC: Final = {"ports": [80, 443], "paths": ["/"], "discovery": "off"}


def hindered(*, is_root: bool, is_required: bool, reason: str) -> None:
    """Skip with the reason why there are no namespaces; fail where there have to be some."""
    if reason and is_root and is_required:
        pytest.fail(f"as root nothing here is left out: {reason}")
    if reason:
        pytest.skip(reason)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def regions(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Regions]:
    hindered(is_root=os.geteuid() == 0, is_required=REQUIRED, reason=why_not())
    folder = tmp_path_factory.mktemp("regions")
    issue_certificates(folder)
    async with AsyncExitStack() as stack:
        world = stack.enter_context(a_world())
        stack.enter_context(_inside(world.internet, folder, "target", str(folder)))
        # What the wires carried has ended by then.
        stack.push_async_callback(asyncio.sleep, 0.2)
        system = stack.enter_context(running_system(folder / "system", "--vantage", "home-1:1"))
        found = Regions(system=system)
        for region in world.regions:
            zone = json.dumps(zone_of(region.name))
            stack.enter_context(_inside(region.namespace, folder, "resolver", zone))
            bus = urlsplit(str(system.first_line["nats"]))
            assert bus.port is not None
            wire = Wire(bus.port)
            stack.push_async_callback(wire.close)
            port = await wire.open(region.home)
            location = f"{bus.netloc.rpartition('@')[0]}@{region.home}:{port}"
            stack.enter_context(_prober(region, folder, bus._replace(netloc=location).geturl()))
        await _served(found, [region.name for region in world.regions])
        yield found


def issue_certificates(folder: Path) -> None:
    """Write what the target shows: one by whom probers trust, one by whom nobody does."""
    trusted, other = trustme.CA(organization_name="Trusted"), trustme.CA(organization_name="Other")
    trusted.cert_pem.write_to_path(folder / "ca.pem")
    for authority, name in ((trusted, "trusted"), (other, "other")):
        issued = authority.issue_cert("*.shop.test")
        issued.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")


@contextlib.contextmanager
def _inside(namespace: str, folder: Path, program: str, argument: str) -> Iterator[None]:
    """Run one of the programs beside this in a namespace, from the line that says it listens."""
    command = [sys.executable, str(Path(__file__).with_name(f"{program}.py")), argument]
    with _running(namespace, folder / f"{program}-{namespace}.log", command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n", program
        yield


@contextlib.contextmanager
def _prober(region: Region, folder: Path, nats_url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "services.prober"]
    settings = {
        "NATS_URL": nats_url,
        "VANTAGE_POINT": region.name,
        "OUTSCOPE_TAGS": TAGS[region.name],
        "OUTSCOPE_RESOLVERS": "127.0.0.1:53",
        "OUTSCOPE_ALLOW_NET": ALLOWED,
        "OUTSCOPE_CA_FILE": str(folder / "ca.pem"),
        "OUTSCOPE_EGRESS_ADDRESSES": region.address,
    }
    with _running(region.namespace, folder / f"prober-{region.name}.log", command, settings):
        yield


@contextlib.contextmanager
def _running(
    namespace: str, log: Path, command: list[str], settings: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    with (
        log.open("w") as errors,
        subprocess.Popen(
            ["ip", "netns", "exec", namespace, *command],
            cwd=REPOSITORY,
            env={**os.environ, **(settings or {})},
            stdout=subprocess.PIPE if settings is None else errors,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


async def _served(found: Regions, names: list[str]) -> None:
    """Return when each has a prober that is fit."""
    async with asyncio.timeout(60):
        while True:
            listed = await found.listed()
            if all(listed.get(name, {}).get("fit_probers") for name in names):
                return
            await asyncio.sleep(0.1)
