"""OCSP responses of every kind, and a server that staples one to its certificate."""

import contextlib
import datetime as dt
import socket

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from OpenSSL import SSL

from tests.targets.blocking import BlockingHandler
from tests.targets.certificates import DAY, NOW, Issued, Period

THIS_WEEK = (NOW - DAY, NOW + 6 * DAY)


def ocsp_response(
    leaf: Issued,
    issuer: Issued,
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    period: Period | tuple[dt.datetime, None] = THIS_WEEK,
    responder: Issued | None = None,
    digest: hashes.HashAlgorithm | None = hashes.SHA256(),  # noqa: B008 - it has no state
    identified_by: hashes.HashAlgorithm = hashes.SHA1(),  # noqa: B008 - as above
) -> bytes:
    """Return a response in DER, signed by the issuer or by a responder that it brings along."""
    is_revoked = status is ocsp.OCSPCertStatus.REVOKED
    signer = responder or issuer
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=leaf.certificate,
            issuer=issuer.certificate,
            algorithm=identified_by,
            cert_status=status,
            this_update=period[0],
            next_update=period[1],
            revocation_time=NOW - DAY if is_revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if is_revoked else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    )
    if responder is not None:
        builder = builder.certificates([responder.certificate])
    return builder.sign(signer.key, digest).public_bytes(Encoding.DER)


def stapling(
    response: bytes, answer: bytes, *chain: Issued, version: int = SSL.TLS1_3_VERSION
) -> BlockingHandler:
    """Return a server of one version that staples a response and answers one request."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(version)
    context.set_max_proto_version(version)
    context.use_privatekey(chain[0].key)
    context.use_certificate(chain[0].certificate)
    for each in chain[1:]:
        context.add_extra_chain_cert(each.certificate)
    context.set_ocsp_server_callback(lambda _connection, _data: response)

    def handler(connection: socket.socket) -> None:
        connection.settimeout(None)  # pyOpenSSL does not wait on sockets with a timeout
        spoken = SSL.Connection(context, connection)
        spoken.set_accept_state()
        with contextlib.suppress(SSL.Error):  # the client may leave at any time
            spoken.do_handshake()
            spoken.recv(65536)
            spoken.sendall(answer)
            spoken.shutdown()

    return handler
