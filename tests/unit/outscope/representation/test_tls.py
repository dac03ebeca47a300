from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.tls import tls_representation
from outscope.v1 import facts_pb2

LEAF = facts_pb2.Certificate(
    subject="CN=example.com",
    issuer="CN=Test CA",
    names=["example.com", "www.example.com"],
    serial_number="0A",
    not_before=Timestamp(seconds=1_767_225_600),
    not_after=Timestamp(seconds=1_798_761_600),
    fingerprint_sha256="ab",
    key_type="ec",
    key_bits=256,
    signature_algorithm="ecdsa-with-SHA256",
)
ROOT = facts_pb2.Certificate(subject="CN=Test CA", issuer="CN=Test CA")


def test_the_leaf_gives_expiry_subject_issuer_and_names() -> None:
    shown = tls_representation(
        facts_pb2.TlsFacts(
            outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK),
            valid=True,
            version="TLSv1.3",
            cipher="TLS_AES_128_GCM_SHA256",
            alpn="http/1.1",
            chain=[LEAF, ROOT],
        )
    )
    assert shown["valid"] is True
    assert shown["expires_at"] == "2027-01-01T00:00:00Z"
    assert shown["subject"] == "CN=example.com"
    assert shown["issuer"] == "CN=Test CA"
    assert shown["names"] == ["example.com", "www.example.com"]
    assert (shown["version"], shown["alpn"]) == ("TLSv1.3", "http/1.1")
    assert shown["verify_message"] is None
    assert [certificate["subject"] for certificate in shown["chain"]] == [
        "CN=example.com",
        "CN=Test CA",
    ]


def test_the_group_and_the_days_left_are_shown_and_null_where_unknown() -> None:
    shown = tls_representation(facts_pb2.TlsFacts(key_exchange="x25519", days_left=0))
    assert (shown["key_exchange"], shown["days_left"]) == ("x25519", 0)
    unknown = tls_representation(facts_pb2.TlsFacts())
    assert (unknown["key_exchange"], unknown["days_left"]) == (None, None)


def test_whether_a_client_certificate_was_requested_is_shown() -> None:
    for requested in (False, True):
        tls = facts_pb2.TlsFacts(client_certificate_requested=requested)
        assert tls_representation(tls)["client_certificate_requested"] is requested


def test_the_stapled_status_is_shown_and_null_without_one() -> None:
    assert tls_representation(facts_pb2.TlsFacts(ocsp_status="revoked"))["ocsp_status"] == "revoked"
    assert tls_representation(facts_pb2.TlsFacts())["ocsp_status"] is None


def test_what_came_of_each_version_is_shown_and_nothing_where_nobody_asked() -> None:
    tls = facts_pb2.TlsFacts()
    assert tls_representation(tls)["versions"] == []
    tls.versions.add(
        version="TLSv1.1",
        outcome=facts_pb2.Outcome(
            code=facts_pb2.OUTCOME_CODE_TLS_PROTOCOL_UNSUPPORTED,
            owner=facts_pb2.OWNER_TARGET,
            duration_ms=4,
        ),
    )
    tls.versions.add(
        version="TLSv1.2",
        accepted=True,
        outcome=facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK, duration_ms=5),
    )
    assert tls_representation(tls)["versions"] == [
        {
            "version": "TLSv1.1",
            "accepted": False,
            "outcome": {
                "code": "tls_protocol_unsupported",
                "owner": "target",
                "duration_ms": 4,
            },
        },
        {
            "version": "TLSv1.2",
            "accepted": True,
            "outcome": {"code": "ok", "owner": None, "duration_ms": 5},
        },
    ]


def test_a_certificate_shows_every_fact() -> None:
    shown = tls_representation(facts_pb2.TlsFacts(chain=[LEAF, ROOT]))
    assert shown["chain"][0] == {
        "subject": "CN=example.com",
        "issuer": "CN=Test CA",
        "names": ["example.com", "www.example.com"],
        "serial_number": "0A",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2027-01-01T00:00:00Z",
        "fingerprint_sha256": "ab",
        "key_type": "ec",
        "key_bits": 256,
        "signature_algorithm": "ecdsa-with-SHA256",
    }
    assert shown["chain"][1]["not_after"] is None


def test_an_invalid_certificate_says_everything_that_is_wrong() -> None:
    shown = tls_representation(
        facts_pb2.TlsFacts(flags=["expired", "name_mismatch"], verify_message="has expired")
    )
    assert shown["valid"] is False
    assert shown["flags"] == ["expired", "name_mismatch"]
    assert shown["verify_message"] == "has expired"


def test_a_handshake_without_a_certificate_has_no_expiry() -> None:
    alert = facts_pb2.Outcome(
        code=facts_pb2.OUTCOME_CODE_TLS_ALERT, owner=facts_pb2.OWNER_TARGET, duration_ms=4
    )
    shown = tls_representation(facts_pb2.TlsFacts(outcome=alert))
    assert shown["expires_at"] is None
    assert shown["names"] == []
    assert shown["outcome"] == {"code": "tls_alert", "owner": "target", "duration_ms": 4}
