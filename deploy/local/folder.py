"""The data folder: one run at a time, and the files that outlive a run.

Law: nobody but its owner reads it, and a file is replaced whole or not at all.
"""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from deploy.local.errors import StartError

Kept = TypeVar("Kept")


class FolderInUseError(StartError):
    """Another run holds the folder."""


class FolderUnusableError(StartError):
    """The folder cannot be made, or a file in it cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What the parts of one system prove themselves to each other with."""

    postgres_password: str
    nats_password: str
    service_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """The key made at the first start and shown at each."""

    id: str
    account_id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _SecretKeys:
    """As OUTSCOPE_SECRET_KEYS has them."""

    secret_keys: str


class DataFolder:
    """A folder held by this process while the context is open."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock = -1

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise FolderUnusableError(f"data folder {self.path}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._lock, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            raise FolderInUseError(
                f"data folder {self.path} is in use by another run (process {holder}): "
                "stop it, or choose another with --data"
            ) from None
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._endpoints.unlink(missing_ok=True)
        os.close(self._lock)

    def secrets(self) -> Secrets:
        """Return the secrets of this folder, made at random the first time."""
        kept = self._load("secrets.json", Secrets)
        if kept is None:
            fresh = Secrets(
                postgres_password=secrets.token_hex(24),
                nats_password=secrets.token_hex(24),
                service_token=secrets.token_urlsafe(32),
            )
            self._replace("secrets.json", asdict(fresh))
            return fresh
        return kept

    def secret_keys(self) -> str:
        """Return the key that seals what the database of this folder keeps secret."""
        kept = self._load("secret-keys.json", _SecretKeys)
        if kept is None:
            # A Fernet key: 32 random bytes.
            fresh = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
            kept = _SecretKeys(secret_keys=fresh)
            self._replace("secret-keys.json", asdict(kept))
        return kept.secret_keys

    def api_key(self) -> ApiKey | None:
        """Return the key kept from an earlier start."""
        return self._load("api-key.json", ApiKey)

    def keep_api_key(self, key: ApiKey) -> None:
        """Keep the key for the next start."""
        self._replace("api-key.json", asdict(key))

    def publish_endpoints(self, endpoints: dict[str, Any]) -> None:
        """Say where the running system is reached."""
        self._replace(self._endpoints.name, endpoints)

    @property
    def _endpoints(self) -> Path:
        return self.path / "endpoints.json"

    def _load(self, name: str, kind: Callable[..., Kept]) -> Kept | None:
        try:
            return kind(**json.loads((self.path / name).read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise FolderUnusableError(f"{self.path / name} cannot be read: {error}") from error

    def _replace(self, name: str, content: dict[str, Any]) -> None:
        temporary = self.path / f"{name}.new"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(content) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path / name)
