"""Keeps a service's own certificate, and the authority it trusts, as their files say.

Law: a certificate that was good stays in use until another is there whole: one that can be read,
with the key that belongs to it. Files are renewed one after the other, so what does not fit
together is looked at again.
"""

import ssl
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from outscope.config import CertificatePaths, ConfigError
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Gauge

log = logger(__name__)

LOOK_EVERY_S: Final = 1.0
_EXPIRES: Final = Gauge(
    "outscope_certificate_expires_timestamp_seconds",
    "When the certificate in use ends, and when the last of the authorities trusted.",
    ("whose",),
)

# Changes when a file does, or what its name stands for; None where there is none to be read.
_Stamp = tuple[tuple[int, int, int, int] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate with its chain, its key, and the authorities trusted beside, each as PEM."""

    ca: bytes
    chain: bytes
    key: bytes
    expires_at: datetime
    # Of the authority that is good for longest.
    ca_expires_at: datetime


class Certificates:
    """The certificate in three files, in its present state."""

    def __init__(self, paths: CertificatePaths) -> None:
        """Read the files; raises OSError or ValueError."""
        self.paths = paths
        self._stamp = _stamp_of(paths)
        self._current = _read(paths)
        self._context: ssl.SSLContext | None = None
        # gRPC asks in threads of its own.
        self._lock = threading.Lock()

    def look(self) -> Certificate:
        """Return the last good one, read anew if the files have changed."""
        with self._lock:
            stamp = _stamp_of(self.paths)
            if stamp != self._stamp:
                self._stamp = stamp
                self._read_again()
            return self._current

    def expires_at_s(self) -> float:
        """Return when the one in use ends, in seconds since 1970."""
        return self.look().expires_at.timestamp()

    def ca_expires_at_s(self) -> float:
        """Return when the last of the authorities trusted ends, in seconds since 1970."""
        return self.look().ca_expires_at.timestamp()

    def client_context(self) -> ssl.SSLContext:
        """Return what a connection begins with now: both sides are verified, the name too.

        Where the files cannot be used it is the last one that was good. Raises OSError without any.
        """
        try:
            self._context = self._context_of_files()
        except OSError as error:
            if self._context is None:
                raise
            self._tell_unusable(error)
        return self._context

    def _context_of_files(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(self.paths.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Or OpenSSL would ask the terminal for that of a key under one.
        context.load_cert_chain(self.paths.certificate, self.paths.key, password=str)
        return context

    def _read_again(self) -> None:
        try:
            found = _read(self.paths)
        except (OSError, ValueError) as error:
            self._tell_unusable(error)
        else:
            if found == self._current:  # touched, and no reason for another channel
                return
            self._current = found
            log.info(
                "certificate renewed",
                file=str(self.paths.certificate),
                expires_at=self._current.expires_at.isoformat(),
            )

    def _tell_unusable(self, error: Exception) -> None:
        log.warning(
            "certificate cannot be used, the last good one stays in use",
            file=str(self.paths.certificate),
            cause=str(error),
        )


def opened_certificates(paths: CertificatePaths | None) -> Certificates | None:
    """Return the certificate that the settings name, or None without; raises ConfigError."""
    if paths is None:
        return None
    try:
        opened = Certificates(paths)
    except (OSError, ValueError) as error:
        raise ConfigError(f"OUTSCOPE_MTLS_CERT={str(paths.certificate)!r}: {error}") from error
    _EXPIRES.labels("service").set_function(opened.expires_at_s)
    _EXPIRES.labels("authority").set_function(opened.ca_expires_at_s)
    return opened


def _stamp_of(paths: CertificatePaths) -> _Stamp:
    return tuple(map(_stamp_of_file, (paths.ca, paths.certificate, paths.key)))


def _stamp_of_file(path: Path) -> tuple[int, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read(paths: CertificatePaths) -> Certificate:
    """Read all three; raises OSError, or ValueError where they are not whole."""
    ca, chain, key = (each.read_bytes() for each in (paths.ca, paths.certificate, paths.key))
    try:
        authorities = x509.load_pem_x509_certificates(ca)
        leaf = x509.load_pem_x509_certificates(chain)[0]
        is_ours = load_pem_private_key(key, password=None).public_key() == leaf.public_key()
    # Of another kind, or the key under a password.
    except (TypeError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ValueError(f"the key or a certificate cannot be read: {error}") from error
    if not is_ours:
        raise ValueError("the key does not belong to the certificate")
    return Certificate(
        ca=ca,
        chain=chain,
        key=key,
        expires_at=leaf.not_valid_after_utc,
        ca_expires_at=max(each.not_valid_after_utc for each in authorities),
    )
