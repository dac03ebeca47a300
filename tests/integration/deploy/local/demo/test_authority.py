import asyncio
import ssl
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy.local.demo.authority import Authority
from deploy.local.ports import LOOPBACK
from outscope.clock import utc_now


async def handshake(server: ssl.SSLContext, trust: Path, name: str) -> dict[str, object]:
    """Return the certificate that a strict client accepted."""

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    client = ssl.create_default_context(cafile=str(trust))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    async with await asyncio.start_server(close, LOOPBACK, 0, ssl=server) as listening:
        port = listening.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection(LOOPBACK, port, ssl=client, server_hostname=name)
        certificate: dict[str, object] = writer.get_extra_info("peercert")
        writer.close()
        await writer.wait_closed()
        return certificate


async def test_a_strict_client_that_trusts_it_accepts_the_site(tmp_path: Path) -> None:
    authority = Authority(tmp_path, utc_now())
    context = authority.server_context("shop.demo.test")
    shown = await handshake(context, authority.certificate_file, "shop.demo.test")
    assert shown["subjectAltName"] == (("DNS", "shop.demo.test"),)


async def test_another_name_is_not_accepted(tmp_path: Path) -> None:
    authority = Authority(tmp_path, utc_now())
    context = authority.server_context("shop.demo.test")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        await handshake(context, authority.certificate_file, "other.demo.test")


async def test_trust_survives_a_restart(tmp_path: Path) -> None:
    trusted = Authority(tmp_path, utc_now()).certificate_file.read_bytes()
    again = Authority(tmp_path, utc_now() + timedelta(days=1))
    assert again.certificate_file.read_bytes() == trusted


def test_the_leaf_has_days_left_and_its_key_is_private(tmp_path: Path) -> None:
    now = utc_now()
    Authority(tmp_path, now).server_context("shop.demo.test")
    leaf = x509.load_pem_x509_certificate((tmp_path / "site.pem").read_bytes())
    assert timedelta(days=89) < leaf.not_valid_after_utc - now <= timedelta(days=90)
    for file in ("site.pem", "ca-key.pem"):
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600
