"""Makes the one TLS context of the process: what we offer and whom we trust.

Law: verification never ends a handshake. Every complaint is noted on the session, and judged after
it, so that the facts of a bad certificate are as complete as those of a good one.
"""

from pathlib import Path
from typing import Final

import certifi
from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

from outscope.config import ConfigError
from services.prober.observe.openssl import note_complaints

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
    note_complaints(context)
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
