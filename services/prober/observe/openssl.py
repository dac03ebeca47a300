"""One TLS client connection of OpenSSL between two buffers, by the calls it takes and no more.

pyOpenSSL makes the context; its connections cost a fifth of a handshake, in callbacks and wrappers
we have no use for. What is called here is the binding that pyOpenSSL itself is made of.

Law: an alert is told by its number and a refused certificate by its code, never by a text.
"""

from typing import Any, Final

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL

from services.prober.observe.verification import VerifyError

_lib: Final[Any] = Binding.lib
_ffi: Final[Any] = Binding.ffi

_SUCCESS: Final = 1
# An alert's number in the library's error codes (SSL_AD_REASON_OFFSET of ssl.h).
_ALERTS: Final = range(1000, 1256)
# SSL_R_BAD_EXTENSION of sslerr.h, which the binding does not name.
_BAD_EXTENSION: Final = 110
_BUFFER_BYTES: Final = 64 * 1024
# One for all: they are copied from before anything else can happen.
_BUFFER: Final = _ffi.new("char[]", _BUFFER_BYTES)
_NAME: Final = _ffi.new("unsigned char **")
_SIZE: Final = _ffi.new("unsigned int *")


class Ended(Exception):  # noqa: N818 - a state, not always an error
    """The peer has ended the stream."""


class Broken(Exception):  # noqa: N818 - as above
    """The library gave the connection up; alert is the peer's reason, if the peer gave it up."""

    def __init__(self, alert: int | None, *, is_bad_extension: bool = False) -> None:
        super().__init__(alert)
        self.alert = alert
        # What the peer answered to an extension of ours is no answer to it.
        self.is_bad_extension = is_bad_extension


class ClientConnection:
    """The client's side of one connection."""

    __slots__ = ("_incoming", "_notes", "_outgoing", "_ssl")

    def __init__(self, context: SSL.Context, server_name: bytes, alpn: tuple[bytes, ...]) -> None:
        self._ssl = _ffi.gc(_lib.SSL_new(context._context), _lib.SSL_free)  # noqa: SLF001 - no call gives it
        self._incoming = _lib.BIO_new(_lib.BIO_s_mem())
        self._outgoing = _lib.BIO_new(_lib.BIO_s_mem())
        _lib.SSL_set_bio(self._ssl, self._incoming, self._outgoing)
        _lib.SSL_set_mode(self._ssl, _lib.SSL_MODE_AUTO_RETRY | _lib.SSL_MODE_RELEASE_BUFFERS)
        if server_name:
            _lib.SSL_set_tlsext_host_name(self._ssl, server_name)
        _lib.SSL_set_tlsext_status_type(self._ssl, _lib.TLSEXT_STATUSTYPE_ocsp)
        if alpn:  # otherwise the context's
            offered = b"".join(bytes([len(each)]) + each for each in alpn)
            _lib.SSL_set_alpn_protos(self._ssl, offered, len(offered))
        _lib.SSL_set_connect_state(self._ssl)
        self._notes = _Notes()

    @property
    def errors(self) -> list[VerifyError]:
        """Return what the verifier complained of."""
        return self._notes.errors

    @property
    def is_asked_for_certificate(self) -> bool:
        """Tell whether the server asked for a certificate of ours."""
        return self._notes.is_asked_for_certificate

    def feed(self, received: bytes) -> None:
        """Take bytes from the network."""
        _lib.BIO_write(self._incoming, received, len(received))

    def outgoing(self) -> bytes:
        """Return the bytes for the network."""
        return _drained(self._outgoing)

    def shake_hands(self) -> bool:
        """Go on with the handshake and tell whether it is over; raises Ended or Broken."""
        _lib.ERR_clear_error()
        _noting.notes = self._notes
        result = _lib.SSL_do_handshake(self._ssl)
        if result != _SUCCESS:
            self._check(result)
        return bool(result == _SUCCESS)

    def send(self, plain: bytes) -> None:
        """Encrypt; raises Ended or Broken."""
        _lib.ERR_clear_error()
        while plain:  # the context lets a write end with its record
            result = _lib.SSL_write(self._ssl, plain, len(plain))
            if result <= 0:
                self._check(result)
                return
            plain = plain[result:]

    def receive(self) -> bytes:
        """Decrypt what there is, up to 64 KiB; raises Ended or Broken."""
        _lib.ERR_clear_error()
        _noting.notes = self._notes
        result = _lib.SSL_read(self._ssl, _BUFFER, _BUFFER_BYTES)
        if result <= 0:
            self._check(result)
            return b""
        plain: bytes = _ffi.buffer(_BUFFER, result)[:]
        return plain

    def chain(self, most: int) -> tuple[bytes, ...]:
        """Return the first certificates as the server sent them, leaf first, in DER."""
        return _ders(_lib.SSL_get_peer_cert_chain(self._ssl), most)

    def verified_chain(self, most: int) -> tuple[bytes, ...]:
        """Return the first of the path that was verified, leaf first, in DER."""
        return _ders(_lib.SSL_get0_verified_chain(self._ssl), most)

    def staple(self) -> bytes:
        """Return the OCSP response the server sent with its certificate; empty without one."""
        size = _lib.SSL_get_tlsext_status_ocsp_resp(self._ssl, _NAME)
        return bytes(_ffi.buffer(_NAME[0], size)) if size > 0 else b""

    def version(self) -> str:
        """Return the version, such as TLSv1.3."""
        return _text(_lib.SSL_get_version(self._ssl))

    def cipher(self) -> str:
        """Return the cipher suite; empty before there is one."""
        cipher = _lib.SSL_get_current_cipher(self._ssl)
        return "" if cipher == _ffi.NULL else _text(_lib.SSL_CIPHER_get_name(cipher))

    def group(self) -> str:
        """Return the group of the key exchange by its IANA name; empty before there is one."""
        if _lib.SSL_get_session(self._ssl) == _ffi.NULL:  # without one the next call would crash
            return ""
        name = _lib.SSL_get0_group_name(self._ssl)
        return "" if name == _ffi.NULL else _text(name)

    def alpn(self) -> str:
        """Return the protocol agreed on; empty when there is none."""
        _lib.SSL_get0_alpn_selected(self._ssl, _NAME, _SIZE)
        return bytes(_ffi.buffer(_NAME[0], _SIZE[0])).decode("latin-1") if _SIZE[0] else ""

    def _check(self, result: int) -> None:
        """Return when more bytes are needed; raise when none will help."""
        error = _lib.SSL_get_error(self._ssl, result)
        if error == _lib.SSL_ERROR_WANT_READ:
            return
        reasons = _drained_reasons()
        if error != _lib.SSL_ERROR_SSL or _lib.SSL_R_UNEXPECTED_EOF_WHILE_READING in reasons:
            raise Ended
        raise Broken(
            next((reason - _ALERTS.start for reason in reasons if reason in _ALERTS), None),
            is_bad_extension=_BAD_EXTENSION in reasons,
        )


def note_complaints(context: SSL.Context) -> None:
    """Have connections of this context verified, and their complaints noted instead of obeyed.

    A request for a certificate of ours is noted too, and answered without one.
    """
    _lib.SSL_CTX_set_verify(context._context, _lib.SSL_VERIFY_PEER, _note)  # noqa: SLF001 - as above
    _lib.SSL_CTX_set_cert_cb(context._context, _note_request, _ffi.NULL)  # noqa: SLF001 - as above


class _Notes:
    """What the library called back to tell of one connection."""

    __slots__ = ("errors", "is_asked_for_certificate")

    def __init__(self) -> None:
        self.errors: list[VerifyError] = []
        self.is_asked_for_certificate = False


class _Noting:
    """Where notes go: to the connection that the library is working for at this moment.

    It calls back from within our call of it, so there is only ever one; to find connections by the
    library's object instead takes a table of weak references, dearer than the whole verification.
    """

    __slots__ = ("notes",)

    def __init__(self) -> None:
        self.notes = _Notes()


_noting: Final = _Noting()


@_ffi.callback("int(int, X509_STORE_CTX *)", error=1)  # type: ignore[untyped-decorator] # cffi's
def _note(is_fine: int, store: Any) -> int:  # noqa: ANN401 - cffi has no types
    if not is_fine:
        code = _lib.X509_STORE_CTX_get_error(store)
        depth = _lib.X509_STORE_CTX_get_error_depth(store)
        _noting.notes.errors.append(VerifyError(code=code, depth=depth))
    return _SUCCESS


@_ffi.callback("int(SSL *, void *)", error=1)  # type: ignore[untyped-decorator] # cffi's
def _note_request(_connection: Any, _argument: Any) -> int:  # noqa: ANN401 - cffi has no types
    """Take the call that a client gets only when the server has asked for a certificate."""
    _noting.notes.is_asked_for_certificate = True
    return _SUCCESS


def _drained_reasons() -> list[int]:
    """Return the reasons of all errors noted, and forget them."""
    reasons = []
    while code := _lib.ERR_get_error():
        reasons.append(_lib.ERR_GET_REASON(code))
    return reasons


def _drained(bio: Any) -> bytes:  # noqa: ANN401 - as above
    drained = b""
    while (size := _lib.BIO_read(bio, _BUFFER, _BUFFER_BYTES)) > 0:
        drained += _ffi.buffer(_BUFFER, size)[:]
        if size < _BUFFER_BYTES:
            break
    return drained


def _ders(stack: Any, most: int) -> tuple[bytes, ...]:  # noqa: ANN401 - as above
    if stack == _ffi.NULL:
        return ()
    count = min(most, _lib.sk_X509_num(stack))
    return tuple([_der(_lib.sk_X509_value(stack, n)) for n in range(count)])


def _der(certificate: Any) -> bytes:  # noqa: ANN401 - as above
    bio = _ffi.gc(_lib.BIO_new(_lib.BIO_s_mem()), _lib.BIO_free)
    _lib.i2d_X509_bio(bio, certificate)
    return _drained(bio)


def _text(pointer: Any) -> str:  # noqa: ANN401 - as above
    return bytes(_ffi.string(pointer)).decode("latin-1")
