"""Makes the one TLS context of the process: what we offer, whom we trust, what we note.

Law: verification never ends a handshake. Every complaint is noted on the session, and judged after
it, so that the facts of a bad certificate are as complete as those of a good one.
"""

from pathlib import Path
from typing import Final

import certifi
from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL, crypto

from outscope.config import ConfigError
from services.prober.observe.verification import VerifyError

# Where distributions keep their bundle; certifi's is the fallback.
_SYSTEM_BUNDLES: Final = (
    Path("/etc/ssl/certs/ca-certificates.crt"),
    Path("/etc/pki/tls/certs/ca-bundle.crt"),
    Path("/etc/ssl/cert.pem"),
)
# One key share, the one nearly every server takes; the others are offered without. The default of
# OpenSSL 3.5 and later also computes and sends an ML-KEM share, which makes handshakes a fifth
# dearer.
_GROUPS: Final = b"X25519:P-256:P-384:P-521:X448:X25519MLKEM768"
# Level 0, so that weak keys and signatures are seen and flagged instead of ending the handshake.
_CIPHERS: Final = b"DEFAULT:@SECLEVEL=0"
_ALPN: Final = b"http/1.1"
_CALLBACK_READ_ALERT: Final = 0x4004  # SSL_CB_READ_ALERT of ssl.h


class Notes:
    """What the library told during one handshake."""

    __slots__ = ("alert", "errors")

    def __init__(self) -> None:
        self.errors: list[VerifyError] = []
        # The description of the last alert received (RFC 8446, section 6.2).
        self.alert: int | None = None


def client_context(*, ca_file: Path | None = None, bundle: Path | None = None) -> SSL.Context:
    """Return a context that trusts the public roots and those of ca_file.

    Raises ConfigError when a file holds no certificates.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(_CIPHERS)
    context.set_alpn_protos([_ALPN])
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    _trust(context, bundle or _default_bundle())
    if ca_file is not None:
        _trust(context, ca_file)
    _set_groups(context)
    context.set_verify(SSL.VERIFY_PEER, _note_verification)
    context.set_info_callback(_note_alert)
    return context


def _trust(context: SSL.Context, bundle: Path) -> None:
    try:
        context.load_verify_locations(str(bundle))
    except SSL.Error as error:
        raise ConfigError(f"{bundle} holds no certificates in PEM form") from error


def _default_bundle() -> Path:
    return next((path for path in _SYSTEM_BUNDLES if path.is_file()), Path(certifi.where()))


def _set_groups(context: SSL.Context) -> None:
    # pyOpenSSL has no call for it; the binding it is made of has.
    lib = Binding().lib
    lib.SSL_CTX_set1_curves_list(context._context, _GROUPS)  # noqa: SLF001 - as above


def _note_verification(
    connection: SSL.Connection, _: crypto.X509, code: int, depth: int, ok: int
) -> bool:
    if not ok:
        notes = connection.get_app_data()
        if isinstance(notes, Notes):
            notes.errors.append(VerifyError(code=code, depth=depth))
    return True


def _note_alert(connection: SSL.Connection, where: int, value: int) -> None:
    if where == _CALLBACK_READ_ALERT:
        notes = connection.get_app_data()
        if isinstance(notes, Notes):
            notes.alert = value & 0xFF
