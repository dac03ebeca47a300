import re
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from outscope.certificates import Certificates, opened_certificates
from outscope.config import CertificatePaths, ConfigError, Environment
from outscope.telemetry.metrics import render
from tests.identities import SERVER, Identities


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path)


def settings(paths: CertificatePaths) -> dict[str, str]:
    return {
        "OUTSCOPE_MTLS_CA": str(paths.ca),
        "OUTSCOPE_MTLS_CERT": str(paths.certificate),
        "OUTSCOPE_MTLS_KEY": str(paths.key),
    }


def test_a_renewed_certificate_is_taken_up(identities: Identities) -> None:
    certificates = Certificates(identities.of(SERVER))
    first = certificates.look()
    assert certificates.look() is first
    identities.of(SERVER, days=2)
    second = certificates.look()
    assert second.expires_at > first.expires_at
    assert second.chain == identities.paths("scheduler").certificate.read_bytes()


def test_files_that_were_only_touched_are_no_other_certificate(identities: Identities) -> None:
    paths = identities.of(SERVER)
    certificates = Certificates(paths)
    first = certificates.look()
    for path in (paths.ca, paths.certificate, paths.key):
        path.write_bytes(path.read_bytes())
    assert certificates.look() is first


def test_one_that_is_not_whole_leaves_the_last_good_one_in_use(identities: Identities) -> None:
    paths = identities.of(SERVER)
    certificates = Certificates(paths)
    first, key = certificates.look(), paths.key.read_bytes()
    identities.of(SERVER)
    renewed = paths.certificate.read_bytes()
    for broken in (renewed[:-40], b"", b"no certificate\n"):
        paths.certificate.write_bytes(broken)
        assert certificates.look() is first
    paths.certificate.write_bytes(renewed)
    renewed_key = paths.key.read_bytes()
    paths.key.write_bytes(key)
    assert certificates.look() is first, "the key is still the old one"
    paths.key.unlink()
    assert certificates.look() is first
    paths.key.write_bytes(renewed_key)
    assert certificates.look().chain == renewed


def test_a_connection_too_begins_with_the_last_good_one(identities: Identities) -> None:
    paths = identities.of(SERVER)
    certificates = Certificates(paths)
    first = certificates.client_context()
    was = {path: path.read_bytes() for path in (paths.ca, paths.certificate, paths.key)}
    for path, whole in was.items():
        for broken in (b"", b"nonsense\n", whole[:-40]):
            path.write_bytes(broken)
            assert certificates.client_context() is first
        path.unlink()
        assert certificates.client_context() is first
        path.write_bytes(whole)
    locked = load_pem_private_key(was[paths.key], None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )
    paths.key.write_bytes(locked)
    assert certificates.client_context() is first
    paths.key.write_bytes(was[paths.key])
    assert certificates.client_context() is not first


def test_without_a_good_one_no_connection_begins(identities: Identities) -> None:
    paths = identities.of(SERVER)
    certificates = Certificates(paths)
    paths.ca.write_bytes(b"")
    with pytest.raises(OSError):  # noqa: PT011 - whichever OpenSSL says
        certificates.client_context()


def test_a_certificate_of_a_version_that_nobody_knows_is_not_taken_up(
    identities: Identities,
) -> None:
    paths = identities.of(SERVER)
    certificates = Certificates(paths)
    first = certificates.look()
    der = ssl.PEM_cert_to_DER_cert(paths.certificate.read_text())
    odd = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    assert odd != der
    paths.certificate.write_text(ssl.DER_cert_to_PEM_cert(odd))
    assert certificates.look() is first
    with pytest.raises(ConfigError, match="OUTSCOPE_MTLS_CERT"):
        opened_certificates(paths)


def test_without_settings_there_is_none() -> None:
    assert opened_certificates(Environment({}).certificate_paths()) is None


def test_settings_that_name_only_a_part_are_refused(identities: Identities) -> None:
    whole = settings(identities.of(SERVER))
    assert opened_certificates(Environment(whole).certificate_paths()) is not None
    for name in whole:
        with pytest.raises(ConfigError, match="set all three, or none"):
            opened_certificates(Environment({**whole, name: ""}).certificate_paths())


def test_files_that_cannot_be_used_stop_the_service(identities: Identities) -> None:
    paths = identities.of(SERVER)
    other = identities.of("other")
    told = {**settings(paths), "OUTSCOPE_MTLS_KEY": str(other.key)}
    with pytest.raises(ConfigError, match=r"OUTSCOPE_MTLS_CERT=.*does not belong"):
        opened_certificates(Environment(told).certificate_paths())
    with pytest.raises(ConfigError, match=r"OUTSCOPE_MTLS_CERT="):
        opened_certificates(
            Environment(
                {**settings(paths), "OUTSCOPE_MTLS_KEY": str(paths.certificate)}
            ).certificate_paths()
        )


def test_a_connection_verifies_the_name_and_trusts_our_authority_alone(
    identities: Identities,
) -> None:
    context = Certificates(identities.of(SERVER)).client_context()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.cert_store_stats()["x509_ca"] == 1


def test_a_metric_tells_when_the_one_in_use_ends_as_it_is_when_it_is_asked(
    identities: Identities,
) -> None:
    opened = opened_certificates(Environment(settings(identities.of(SERVER))).certificate_paths())
    assert opened is not None
    for days in (1, 2):
        identities.of(SERVER, days=days)
        told = re.findall(
            r'^outscope_certificate_expires_timestamp_seconds\{whose="(\w+)"\} (.+)$',
            render()[0].decode(),
            re.MULTILINE,
        )
        assert {whose: round(float(moment)) for whose, moment in told} == {
            "service": round(opened.look().expires_at.timestamp()),
            "authority": round(opened.look().ca_expires_at.timestamp()),
        }
    assert opened.look().expires_at < opened.look().ca_expires_at
