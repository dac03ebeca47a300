"""What a TLS handshake and the certificates in it showed."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.moments import rfc3339
from outscope.representation.outcome import Outcome, optional_outcome
from outscope.v1 import facts_pb2


class Certificate(TypedDict):
    """One X.509 certificate as the server sent it (RFC 5280)."""

    subject: Annotated[str, Field(description="RFC 4514 text.")]
    issuer: Annotated[str, Field(description="RFC 4514 text.")]
    names: Annotated[list[str], Field(description="Subject alternative names.")]
    serial_number: Annotated[str, Field(description="Upper-case hexadecimal.")]
    not_before: Annotated[str | None, Field(description="When it begins to be valid.")]
    not_after: Annotated[str | None, Field(description="When it expires.")]
    fingerprint_sha256: Annotated[str, Field(description="Of the DER form, hexadecimal.")]
    key_type: Annotated[
        str, Field(description="Such as rsa, ec or ed25519; empty when it cannot be read.")
    ]
    key_bits: Annotated[int, Field(description="The size of the key; 0 when it cannot be told.")]
    signature_algorithm: Annotated[str, Field(description="How its issuer signed it.")]


class TlsVersion(TypedDict):
    """What came of a handshake in which one version of TLS was offered."""

    version: Annotated[
        str, Field(description="TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3.", examples=["TLSv1.2"])
    ]
    accepted: Annotated[
        bool,
        Field(
            description=(
                "The server picked the version. False is a refusal only where the outcome says so: "
                "tls_protocol_unsupported; after any other, such as tls_timeout, it is not known."
            ),
            examples=[True],
        ),
    ]
    outcome: Annotated[Outcome | None, Field(description="How the handshake for it ended.")]


class Tls(TypedDict):
    """TLS on a port, valid or not."""

    valid: Annotated[
        bool,
        Field(description="A client with the public trust store would accept it for this name."),
    ]
    expires_at: Annotated[
        str | None, Field(description="When the leaf expires; null when none was seen.")
    ]
    flags: Annotated[
        list[str],
        Field(
            description=(
                "Everything that breaks trust or is weak: expired, not_yet_valid, "
                "self_signed, name_mismatch, untrusted_root, incomplete_chain, weak_key, "
                "weak_signature, revoked."
            )
        ),
    ]
    verify_message: Annotated[str | None, Field(description="What the verifier said; for people.")]
    version: Annotated[str | None, Field(description="Such as TLSv1.3.")]
    cipher: Annotated[str | None, Field(description="The cipher suite, as OpenSSL names it.")]
    alpn: Annotated[
        str | None, Field(description="The protocol agreed on by ALPN; null when none was.")
    ]
    issuer: Annotated[str | None, Field(description="Of the leaf, RFC 4514 text.")]
    subject: Annotated[str | None, Field(description="Of the leaf, RFC 4514 text.")]
    names: Annotated[list[str], Field(description="Subject alternative names of the leaf.")]
    chain: Annotated[list[Certificate], Field(description="Leaf first, as sent.")]
    key_exchange: Annotated[
        str | None,
        Field(description="The group of the key exchange by its IANA name, such as x25519."),
    ]
    days_left: Annotated[
        int | None,
        Field(description="Whole days until the leaf expires; negative once it has."),
    ]
    ocsp_status: Annotated[
        str | None,
        Field(
            description=(
                "What the stapled OCSP response says of the leaf: good, revoked, unknown; null "
                "without one that its issuer vouches for."
            )
        ),
    ]
    client_certificate_requested: Annotated[
        bool,
        Field(
            description=(
                "The server asked for a certificate of the client's, whether it insists on one "
                "or not."
            )
        ),
    ]
    versions: Annotated[
        list[TlsVersion],
        Field(
            description=(
                "What came of each version, from TLSv1 to TLSv1.3; empty unless tls_versions was "
                "asked for."
            )
        ),
    ]
    outcome: Annotated[Outcome | None, Field(description="How the handshake ended.")]


def tls_representation(tls: facts_pb2.TlsFacts) -> Tls:
    """Return the facts of a handshake as the API shows them."""
    chain = [_certificate(certificate) for certificate in tls.chain]
    leaf = chain[0] if chain else None
    return {
        "valid": tls.valid,
        "expires_at": leaf["not_after"] if leaf else None,
        "flags": list(tls.flags),
        "verify_message": tls.verify_message or None,
        "version": tls.version or None,
        "cipher": tls.cipher or None,
        "alpn": tls.alpn or None,
        "issuer": leaf["issuer"] if leaf else None,
        "subject": leaf["subject"] if leaf else None,
        "names": leaf["names"] if leaf else [],
        "chain": chain,
        "key_exchange": tls.key_exchange or None,
        "days_left": tls.days_left if tls.HasField("days_left") else None,
        "ocsp_status": tls.ocsp_status or None,
        "client_certificate_requested": tls.client_certificate_requested,
        "versions": [_version(version) for version in tls.versions],
        "outcome": optional_outcome(tls.outcome),
    }


def _version(version: facts_pb2.TlsVersion) -> TlsVersion:
    return {
        "version": version.version,
        "accepted": version.accepted,
        "outcome": optional_outcome(version.outcome),
    }


def _certificate(certificate: facts_pb2.Certificate) -> Certificate:
    has = certificate.HasField
    return {
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "names": list(certificate.names),
        "serial_number": certificate.serial_number,
        "not_before": rfc3339(certificate.not_before) if has("not_before") else None,
        "not_after": rfc3339(certificate.not_after) if has("not_after") else None,
        "fingerprint_sha256": certificate.fingerprint_sha256,
        "key_type": certificate.key_type,
        "key_bits": certificate.key_bits,
        "signature_algorithm": certificate.signature_algorithm,
    }
