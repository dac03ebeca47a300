"""A peer is made to ask the targets' server, and nobody else is."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bench.children import finished, first_line, module_command, serving
from bench.prober.own_lookups import lookups_at
from bench.targets.names import target_names
from bench.targets.serving import Targets

HOST = "127.0.1.54"
CORES = frozenset(os.sched_getaffinity(0))
TARGETS = Targets(
    names=target_names(2),
    plain_port=80,
    tls_port=443,
    resolver=(HOST, 53),
    ca_file=Path("ca.pem"),
    server="none",
)
NAME, ADDRESS = next(iter(TARGETS.names.items()))


async def test_on_another_port_than_that_of_dns_nobody_can_be_made_to_ask(tmp_path: Path) -> None:
    assert await lookups_at(replace(TARGETS, resolver=(HOST, 5353)), tmp_path) == ()


async def test_where_nobody_answers_the_names_are_not_looked_up(tmp_path: Path) -> None:
    assert await lookups_at(TARGETS, tmp_path) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root")
async def test_a_command_asks_there_and_the_rest_of_the_machine_does_not(tmp_path: Path) -> None:
    async with serving(module_command("bench.targets.dns", HOST, 53, 2)) as server:
        await first_line(server)
        prefix = await lookups_at(TARGETS, tmp_path)
        if not prefix:
            pytest.skip("no mount namespace can be had here")
        asked = ["getent", "ahostsv4", NAME]
        told = await finished([*prefix, *asked], cores=CORES)
        assert told.stdout.split()[0] == ADDRESS.encode()
        with pytest.raises(RuntimeError):
            await finished(asked, cores=CORES)
