"""Makes the Secrets of a new installation, with values nobody has seen."""

import base64
import json
import secrets
from collections.abc import Sequence
from typing import Any, Final

from deploy.region.accounts import Region, password_name, users

_NAMESPACE: Final = "outscope"


def fresh_secrets(regions: Sequence[Region]) -> str:
    """Return a list of Secrets as kubectl takes it.

    Services and NATS servers read the same passwords from one Secret, each only the keys it names.
    """
    postgres = _value()
    host = "postgres-rw:5432"
    values = {
        "outscope": {
            "DATABASE_URL": f"postgresql://outscope:{postgres}@{host}/outscope",
            "OUTSCOPE_SERVICE_TOKEN": _value(),
            "OUTSCOPE_SECRET_KEYS": _fernet_key(),
            "OUTSCOPE_CONSOLE_KEYS": _fernet_key(),
        },
        "nats-users": {password_name(user): _value() for user in _everybody(regions)},
        # As CloudNativePG takes the owner of a database.
        "postgres-owner": {"username": "outscope", "password": postgres},
    }
    items = [_secret(name, held) for name, held in values.items()]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2) + "\n"


def _everybody(regions: Sequence[Region]) -> list[str]:
    """Return who has a password at the central servers or at an edge."""
    return [*users(regions), *(f"prober-{each.name}" for each in regions if each.is_edge)]


def _secret(name: str, held: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": _NAMESPACE},
        "type": "kubernetes.io/basic-auth" if "username" in held else "Opaque",
        "stringData": held,
    }


def _value() -> str:
    """Return a random word that NATS does not take for a number, and that stands in a URL."""
    return f"s{secrets.token_hex(24)}"


def _fernet_key() -> str:
    """Return a key as Fernet takes it: 32 random bytes, in base 64 for URLs."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
