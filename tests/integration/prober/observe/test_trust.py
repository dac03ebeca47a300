"""Whom the prober trusts, and what its one context notes of a handshake."""

from pathlib import Path

import pytest

from outscope.config import ConfigError
from services.prober.facts import TlsFlag
from services.prober.observe.trust import client_context
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.certificates import Authority, Issued, write_bundle
from tests.targets.http import HttpServer, response

SITE = {"/": response(200, b"hello")}


async def test_without_the_extra_root_its_leaves_are_not_trusted(lab: Lab, good: Issued) -> None:
    lab.context = client_context()
    facts = await lab.observe_port(await lab.serve(HttpServer(SITE), good))
    assert facts.tls is not None
    assert not facts.tls.valid
    assert TlsFlag.UNTRUSTED_ROOT in facts.tls.flags


async def test_roots_of_a_bundle_and_of_the_extra_file_are_both_trusted(
    lab: Lab, tmp_path: Path
) -> None:
    public, extra = Authority.root("Public"), Authority.root("Extra")
    lab.context = client_context(
        bundle=write_bundle(tmp_path / "public.pem", public),
        ca_file=write_bundle(tmp_path / "extra.pem", extra),
    )
    for authority in (public, extra):
        facts = await lab.observe_port(await lab.serve(HttpServer(SITE), authority.leaf(NAME)))
        assert facts.tls is not None
        assert facts.tls.valid


def test_a_file_without_certificates_is_told_by_its_name(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing here\n")
    with pytest.raises(ConfigError, match=r"empty\.pem holds no certificates"):
        client_context(ca_file=empty)


async def test_what_one_handshake_noted_does_not_show_in_the_next(
    lab: Lab, authority: Authority, good: Issued
) -> None:
    bad_port = await lab.serve(HttpServer(SITE), authority.leaf("other.test"))
    good_port = await lab.serve(HttpServer(SITE), good)
    facts = await lab.observe(bad_port, good_port, bad_port, good_port)
    assert [port.tls.valid for port in facts.ports if port.tls] == [False, True, False, True]
