"""A folder of certificates: the authority's, and one for each service, to be read by its owner.

Law: an authority that is still valid is never replaced, as everybody trusts it; what it issued is
made anew each time. A file is replaced whole, or not at all.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.certificates.issue import Issued, Leaf, authority, issue
from outscope.config import CertificatePaths

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
# Each server also by the name it has in compose.yaml and on Kubernetes.
LEAVES: Final = (
    Leaf(service="gateway"),
    Leaf(service="scheduler", hosts=("scheduler", *_LOOPBACK)),
    Leaf(service="prober"),
    Leaf(service="notifier"),
    # It dials itself to see whether it is ready.
    Leaf(service="nats", hosts=("nats", *_LOOPBACK)),
    Leaf(service="postgres", hosts=("postgres", *_LOOPBACK), dials=False),
)
AUTHORITY_DAYS: Final = 825
LEAF_DAYS: Final = 90
# Clocks differ a little.
_SKEW: Final = timedelta(minutes=5)
_AUTHORITY: Final = "ca"


class CertificatesError(Exception):
    """The folder cannot be used as it is; one line says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A certificate of the folder, and until when it is good."""

    name: str
    expires_at: datetime
    is_new: bool


def certificate_paths(folder: Path, service: str) -> CertificatePaths:
    """Return where a service's certificate is; raises CertificatesError when it is not."""
    paths = CertificatePaths(
        ca=folder / f"{_AUTHORITY}.crt",
        certificate=folder / f"{service}.crt",
        key=folder / f"{service}.key",
    )
    for path in (paths.ca, paths.certificate, paths.key):
        if not path.is_file():
            raise CertificatesError(f"{path} is missing: make certs makes it")
    return paths


def make_certificates(folder: Path, now: datetime, *, days: int = LEAF_DAYS) -> Iterator[Made]:
    """Make what is missing, and every leaf anew; yields the authority first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = _kept_authority(folder, now)
    ours = kept or authority(
        "OutScope development", begins=now - _SKEW, ends=now + timedelta(days=AUTHORITY_DAYS)
    )
    if kept is None:
        _write(folder, _AUTHORITY, ours)
    last = ours.certificate.not_valid_after_utc
    yield Made(name=_AUTHORITY, expires_at=last, is_new=kept is None)
    ends = min(last, now + timedelta(days=days))
    for leaf in LEAVES:
        issued = issue(leaf, by=ours, begins=now - _SKEW, ends=ends)
        _write(folder, leaf.service, issued)
        expires_at = issued.certificate.not_valid_after_utc
        yield Made(name=leaf.service, expires_at=expires_at, is_new=True)


def _kept_authority(folder: Path, now: datetime) -> Issued | None:
    """Return the authority that is there and valid; raises CertificatesError if it is unusable."""
    certificate_file, key_file = folder / f"{_AUTHORITY}.crt", folder / f"{_AUTHORITY}.key"
    if not certificate_file.exists() and not key_file.exists():
        return None
    try:
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise CertificatesError(
            f"the authority in {folder} cannot be read ({error}): repair it, or remove both files"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or (
        key.public_key() != certificate.public_key()
    ):
        raise CertificatesError(
            f"{key_file} does not belong to {certificate_file}: repair it, or remove both files"
        )
    if certificate.not_valid_after_utc <= now:
        return None
    return Issued(certificate=certificate, key=key)


def _write(folder: Path, name: str, issued: Issued) -> None:
    _replace(folder / f"{name}.key", issued.key_pem)
    _replace(folder / f"{name}.crt", issued.pem)


def _replace(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)
