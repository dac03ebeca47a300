"""The life of a check, seen from outside."""

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime

import pytest

from tests.e2e.conftest import Town
from tests.e2e.running import System


def a_name() -> str:
    return f"{secrets.token_hex(4)}.town.test"


VERDICT = {
    "reachable": True,
    "speaks_http": True,
    "analyzable": True,
    "analyzability": "analyzable",
    "confidence": "high",
    "kind": "website",
    "kind_runner_up": "api",
    "layers": [],
    "auth_detected": True,
    "api_doc_detected": True,
}


async def test_a_check_travels_from_rest_to_the_target_and_back(system: System, town: Town) -> None:
    name = a_name()
    spec = {"fqdn": name, "ports": [town.https], "paths": ["/", "/openapi.json", "/private"]}
    status, created = await system.call("POST", "/v1/check", spec)
    assert status == 201
    assert created["id"].startswith("chk_")
    assert (created["fqdn"], created["status"]) == (name, "pending")
    datetime.fromisoformat(created["created_at"])
    answer = await system.ended(created["id"])
    assert answer["status"] == "completed"
    assert {name: answer["analysis"][name] for name in VERDICT} == VERDICT
    assert answer["dns"]["a_records"] == ["127.0.0.1"]
    assert answer["dns"]["aaaa_records"] == []
    assert [
        (each["path"], each["status_code"], each["content_type"]) for each in answer["paths"]
    ] == [
        ("/", 200, "text/html; charset=utf-8"),
        ("/openapi.json", 200, "application/json"),
        ("/private", 401, "application/json"),
    ]


async def test_tls_and_plain_http_are_found_on_any_port(system: System, town: Town) -> None:
    check_id = await system.create(a_name(), ports=[town.https, town.http])
    answer = await system.ended(check_id)
    ports = {port["port"]: port for port in answer["ports"]}
    assert ports[town.https]["tcp_open"]
    assert ports[town.https]["tls"]["valid"]
    datetime.fromisoformat(ports[town.https]["tls"]["expires_at"])
    assert ports[town.http]["tcp_open"]
    assert ports[town.http]["tls"] is None


@pytest.mark.parametrize("asked", [False, True])
async def test_who_asks_for_the_versions_of_tls_gets_them(
    system: System, town: Town, *, asked: bool
) -> None:
    check_id = await system.create(a_name(), ports=[town.https], tls_versions=asked)
    answer = await system.ended(check_id)
    assert answer["request"]["tls_versions"] is asked
    versions = answer["ports"][0]["tls"]["versions"]
    accepted = {"TLSv1": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": True}
    assert {each["version"]: each["accepted"] for each in versions} == (accepted if asked else {})
    assert all((each["outcome"]["code"] == "ok") is each["accepted"] for each in versions)


async def test_a_description_is_found_that_nobody_asked_for_unless_discovery_is_off(
    system: System, town: Town
) -> None:
    standard, off = [
        await system.create(a_name(), ports=[town.https], **more)
        for more in ({}, {"discovery": "off"})
    ]
    answer = await system.ended(standard)
    assert answer["request"]["discovery"] == "standard"
    assert answer["control"]["status_code"] == 404
    found = {path["path"]: path["status_code"] for path in answer["discovered"]}
    assert len(found) <= 8
    assert found["/openapi.json"] == 200
    assert answer["analysis"]["api_doc_detected"]
    assert answer["analysis"]["kind"] == "website"
    answer = await system.ended(off)
    assert (answer["control"], answer["discovered"]) == (None, [])
    assert not answer["analysis"]["api_doc_detected"]
    assert answer["request"]["discovery"] == "off"


async def test_redirects_are_followed_where_a_check_may_go_and_only_when_asked(
    system: System, town: Town
) -> None:
    paths = ["/moved", "/inward"]
    asked, unasked = [
        await system.create(a_name(), ports=[town.https], paths=paths, max_redirects=limit)
        for limit in (5, 0)
    ]
    moved, inward = (await system.ended(asked))["paths"]
    assert (moved["status_code"], inward["status_code"]) == (302, 302)
    [hop] = moved["redirects"]
    assert (hop["cross_host"], hop["answer"]["status_code"]) == (False, 200)
    assert hop["answer"]["path"] == "/health?access_token=[redacted]"
    [hop] = inward["redirects"]
    assert (hop["cross_host"], hop["answer"]["status_code"]) == (True, None)
    assert hop["answer"]["outcome"]["code"] == "policy_refused"
    paths_told = (await system.ended(unasked))["paths"]
    assert [path["redirects"] for path in paths_told] == [[], []]


async def test_a_name_that_does_not_exist_is_a_completed_check(system: System) -> None:
    answer = await system.ended(await system.create("missing.town.test"))
    assert answer["status"] == "completed"
    assert answer["analysis"]["reachable"] is False
    assert answer["dns"]["a_records"] == []


async def test_a_name_with_an_inner_address_is_refused_and_not_called_down(system: System) -> None:
    answer = await system.ended(await system.create("inner.town.test"))
    assert answer["status"] == "failed"
    assert answer["analysis"] is None
    assert (answer["failure"]["reason"], answer["failure"]["owner"]) == ("target_refused", "policy")


async def test_a_closed_port_is_a_fact_about_the_target(system: System) -> None:
    answer = await system.ended(await system.create(a_name(), ports=[1]))
    assert answer["status"] == "completed"
    assert answer["ports"][0]["tcp_open"] is False
    assert answer["analysis"]["reachable"] is False


async def test_samples_are_kept_with_credentials_redacted(system: System, town: Town) -> None:
    check_id = await system.create(
        a_name(), ports=[town.http], paths=["/", "/health"], include_content_sample=True
    )
    answer = await system.ended(check_id)
    sample = answer["paths"][0]["sample"]
    assert "Welcome to our shop." in sample["body"]
    assert sample["truncated"] is False
    assert "secret-of-the-town" not in str(answer)
    assert answer["paths"][1]["sample"]["body"] == '{"status":"ok"}'


async def test_without_being_asked_no_sample_is_kept(system: System, town: Town) -> None:
    answer = await system.ended(await system.create(a_name(), ports=[town.http]))
    assert "Welcome to our shop." not in str(answer)


async def test_the_list_finds_a_check_by_name_and_status(system: System, town: Town) -> None:
    name = a_name()
    check_id = await system.create(name, ports=[town.http])
    await system.ended(check_id)
    query = f"/v1/checks?fqdn={name.upper()}.&status=completed"
    _, page = await system.call("GET", query)
    assert [each["id"] for each in page["data"]] == [check_id]
    assert page["pagination"] == {"next_cursor": None, "has_more": False}


async def test_a_batch_keeps_its_order_and_tells_what_was_refused(system: System) -> None:
    good, other = a_name(), a_name()
    checks = [{"fqdn": good}, {"fqdn": "not-a-valid-domain"}, {"fqdn": other, "prots": [1]}]
    checks.append({"fqdn": other, "ports": [443]})
    status, answer = await system.call("POST", "/v1/checks/batch", {"checks": checks})
    assert status == 201
    assert [each["fqdn"] for each in answer["created"]] == [good, other]
    assert answer["stats"] == {"total": 4, "created": 2, "failed": 2}
    assert [(each["index"], each["fqdn"]) for each in answer["errors"]] == [
        (1, "not-a-valid-domain"),
        (2, other),
    ]


async def test_a_stranger_does_not_see_the_checks_of_another(system: System, town: Town) -> None:
    check_id = await system.create(a_name(), ports=[town.http])
    stranger = replace(system, first_line={**system.first_line, "api_key": system.another_key()})
    status, answer = await stranger.call("GET", f"/v1/check/{check_id}")
    assert status == 404
    assert answer["error"]["code"] == "not_found"
    assert [each async for each in stranger.all_checks()] == []


@pytest.mark.parametrize("vantage", ["eu-west-1", "us-east-1"])
async def test_each_vantage_point_does_its_own_work(
    system: System, town: Town, vantage: str
) -> None:
    check_id = await system.create(a_name(), ports=[town.http], vantage_point=vantage)
    answer = await system.ended(check_id)
    assert answer["vantage_point"] == vantage
    assert answer["status"] == "completed"


async def test_five_thousand_checks_in_batches_of_a_hundred_all_complete(
    system: System, town: Town
) -> None:
    run = secrets.token_hex(4)
    batches = [
        [
            {"fqdn": f"{run}-{batch}-{item}.town.test", "ports": [town.http, town.https]}
            for item in range(100)
        ]
        for batch in range(50)
    ]
    created = [await system.create_persistently(batch) for batch in batches]
    ids = {check_id for batch in created for check_id in batch}
    assert len(ids) == 5000
    async with asyncio.timeout(110):
        while (await system.call("GET", "/v1/checks?status=pending&limit=1"))[1]["data"]:
            await asyncio.sleep(1)
    statuses = {each["id"]: each["status"] async for each in system.all_checks()}
    assert {statuses[check_id] for check_id in ids} == {"completed"}
