"""Certificates of our own services for tests: as they should be, and as they should not."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from deploy.certificates.issue import Issued, Leaf, authority, issue
from outscope.clock import utc_now
from outscope.config import CertificatePaths

DAY: Final = timedelta(days=1)
SERVER: Final = Leaf(service="scheduler", hosts=("127.0.0.1", "localhost"))


class Identities:
    """A folder of certificates, by one authority that all of them trust."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._authority = new_authority()

    def of(self, leaf: Leaf | str, *, days: int = 1, by: Issued | None = None) -> CertificatePaths:
        """Write a service's certificate, or renew it; -1 days ago it expired."""
        whose = Leaf(service=leaf) if isinstance(leaf, str) else leaf
        now = utc_now()
        issued = issue(whose, by=by or self._authority, begins=now - 3 * DAY, ends=now + days * DAY)
        paths = self.paths(whose.service)
        paths.ca.write_bytes(self._authority.pem)
        paths.certificate.write_bytes(issued.pem)
        paths.key.write_bytes(issued.key_pem)
        paths.key.chmod(0o600)
        return paths

    def paths(self, service: str) -> CertificatePaths:
        """Where a service's certificate is, or will be."""
        return CertificatePaths(
            ca=self.folder / "ca.crt",
            certificate=self.folder / f"{service}.crt",
            key=self.folder / f"{service}.key",
        )


def new_authority() -> Issued:
    """An authority that nobody trusts yet."""
    now = utc_now()
    return authority("test", begins=now - 3 * DAY, ends=now + 3 * DAY)
