"""The tools of outscope mcp, as a program that speaks the protocol by a pipe finds them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from mcp import Client, StdioServerParameters

from tests.contract.client.cli.shell import Shell
from tests.contract.client.cli.speaking import called
from tests.e2e.conftest import Town

TOOLS = {"check", "wait", "explain", "list_checks", "compare", "list_vantage_points"}


@asynccontextmanager
async def piped(shell: Shell, **changes: str) -> AsyncIterator[Client]:
    server = StdioServerParameters(
        command=str(shell.folder / "bin/outscope"), args=["mcp"], env=shell.environment(**changes)
    )
    async with Client(server) as client:
        yield client


async def test_checks_are_made_explained_and_compared(shell: Shell, town: Town) -> None:
    async with piped(shell) as client:
        assert {one.name for one in (await client.list_tools()).tools} == TOOLS
        for one in (await client.list_tools()).tools:
            assert one.description
            assert one.output_schema
        asked = {"fqdn": "town.test", "ports": [town.http], "paths": ["/"]}
        first = await called(client, "check", **asked)
        assert first["status"] == "completed"
        assert first["analyzability"] == first["check"]["analysis"]["analyzability"]
        assert [one["code"] for one in first["reasons"]]
        assert first["verdict"] in first["report"]
        assert (await called(client, "wait", check_id=first["id"]))["check"] == first["check"]
        explained = await called(client, "explain", check_id=first["id"])
        assert explained["rules"][0]["role"] == "decided"
        second = await called(client, "check", **{**asked, "paths": ["/nowhere"]})
        compared = await called(client, "compare", before=first["id"], after=second["id"])
        assert "paths.[/nowhere]" in {one["field"] for one in compared["changes"]}
        listed = await called(client, "list_checks", fqdn="town.test", limit=1)
        assert [one["id"] for one in listed["checks"]] == [second["id"]]
        places = await called(client, "list_vantage_points")
        assert places["vantage_points"][0]["name"] == "eu-west-1"


async def test_several_vantage_points_look_at_once_and_say_whether_they_agree(
    shell: Shell, town: Town
) -> None:
    places = ["us-east-1", "eu-west-1"]
    async with piped(shell) as client:
        [check] = [one for one in (await client.list_tools()).tools if one.name == "check"]
        assert {"vantage_points", "quorum"} <= set(check.input_schema["properties"])
        assert check.output_schema
        assert {"vantages", "agreement"} <= set(check.output_schema["required"])
        asked = {"fqdn": "town.test", "ports": [town.http], "quorum": "all"}
        seen = await called(client, "check", **asked, vantage_points=places)
        assert (seen["status"], seen["vantage_point"]) == ("completed", None)
        assert [one["vantage_point"] for one in seen["vantages"]] == places
        assert {one["analyzability"] for one in seen["vantages"]} == {"analyzable"}
        assert seen["agreement"] == {"code": "agree", "counted": places, "dissents": []}
        assert seen["check"]["request"]["quorum"] == "all"
        every = await called(client, "check", **asked, vantage_points="all")
        assert len(every["vantages"]) == 2
        compared = await called(client, "compare", before=seen["id"], after=every["id"])
        assert not [one for one in compared["changes"] if one["field"].startswith("vantages")]
        listed = await called(client, "list_vantage_points")
        assert [one["is_private"] for one in listed["vantage_points"]] == [False, False]


async def test_a_check_that_takes_longer_is_told_as_pending(shell: Shell, town: Town) -> None:
    async with piped(shell) as client:
        asked = {"fqdn": "town.test", "ports": [town.slow]}
        pending = await called(client, "check", **asked, wait_s=0)
        assert (pending["status"], pending["kind"]) == ("pending", None)
        ended = await called(client, "wait", check_id=pending["id"])
        assert ended["status"] == "completed"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("check", {"fqdn": "not a name"}, "fqdn"),
        ("check", {}, "fqdn"),
        ("check", {"fqdn": "town.test", "ports": [0]}, "ports"),
        ("check", {"fqdn": "town.test", "vantage_points": ["nowhere"]}, "vantage_points"),
        ("check", {"fqdn": "town.test", "quorum": "all"}, "quorum"),
        ("check", {"fqdn": "town.test", "vantage_points": "all", "quorum": "odd"}, "quorum"),
        ("wait", {"check_id": "chk_0123456789abcdefghjkmnpqrs"}, "no such check"),
        ("list_checks", {"limit": 1000}, "limit"),
        ("list_checks", {"status": "odd"}, "status"),
        ("compare", {"before": "chk_1", "after": "chk_2"}, "no such check"),
    ],
)
async def test_what_is_wrong_is_said_and_the_server_goes_on(
    shell: Shell, tool: str, arguments: dict[str, object], said: str
) -> None:
    async with piped(shell) as client:
        result = await client.call_tool(tool, arguments)
        assert result.is_error
        assert re.search(said, str(result.content), re.IGNORECASE)
        assert "svc_" not in str(result.content)
        assert (await called(client, "list_vantage_points"))["vantage_points"]
