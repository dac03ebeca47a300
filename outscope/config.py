"""Reads settings from the environment: the only module that does.

Every setting has a default or is required by name; a bad value stops the service at start with one
line that names the variable, what it was and what it must be.
"""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from outscope.ids import ACCOUNT_PREFIX, is_id
from outscope.vantage import is_vantage_name, vantage_tags

# What may stand in a header: no space, no control character, and nothing that ends a comment.
_CONTACT: Final = re.compile(r"(https?://|mailto:)[!#-'*-\[\]-~]+")
# What stands before an @, also where :// was forgotten, and what libpq calls a password.
_CREDENTIALS: Final = re.compile(r"(://|^(?!.*://)).*@|(password\s*=).*", re.IGNORECASE | re.DOTALL)

IPNetwork = IPv4Network | IPv6Network
Address = tuple[str, int]


class ConfigError(Exception):
    """A setting is missing or has a value that cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """How much is logged, and in which form."""

    level: str
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePaths:
    """Where a service finds its own certificate and what it trusts, each as PEM."""

    ca: Path
    certificate: Path
    key: Path


class Environment:
    """Typed access to one mapping of settings; the process environment unless told otherwise."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str, default: str | None = None) -> str:
        """Return a string; without a default it is required."""
        value = self._variables.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise ConfigError(f"{name} is not set, and there is no default")
        return default

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        """Return one of the choices, as it is written there."""
        value = self.text(name, default)
        if value not in choices:
            raise ConfigError(f"{name}={value!r} must be one of {', '.join(choices)}")
        return value

    def integer(self, name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
        """Return a whole number within its bounds, both included."""
        text = self.text(name, str(default))
        try:
            value = int(text)
        except ValueError:
            raise ConfigError(f"{name}={text!r} is not a whole number") from None
        if not minimum <= value <= maximum:
            raise ConfigError(f"{name}={value} must be between {minimum} and {maximum}")
        return value

    def seconds(self, name: str, default: float, *, minimum: float = 0.0) -> float:
        """Return a duration in seconds."""
        text = self.text(name, str(default))
        try:
            value = float(text)
        except ValueError:
            raise ConfigError(f"{name}={text!r} is not a number of seconds") from None
        if not minimum <= value < float("inf"):
            raise ConfigError(f"{name}={text} must be at least {minimum} seconds")
        return value

    def items(self, name: str, default: str = "") -> tuple[str, ...]:
        """Return the items of a comma-separated list, blanks dropped."""
        return tuple(item.strip() for item in self.text(name, default).split(",") if item.strip())

    def address(self, name: str, default: str) -> Address:
        """Return host and port of a value such as 127.0.0.1:50051 or [::1]:50051."""
        return _parse_address(name, self.text(name, default))

    def optional_address(self, name: str) -> Address | None:
        """Return host and port, or None when the setting is absent."""
        text = self.text(name, "")
        return _parse_address(name, text) if text else None

    def addresses(self, name: str, default: str = "") -> tuple[Address, ...]:
        """Return host and port of each item of a comma-separated list."""
        return tuple(_parse_address(name, item) for item in self.items(name, default))

    def url(self, name: str, default: str, *, schemes: Collection[str]) -> str:
        """Return a URL with a host and one of these schemes."""
        text = self.text(name, default)
        if not _is_url(text, schemes):
            expected = " or ".join(f"{scheme}://HOST:PORT" for scheme in schemes)
            raise ConfigError(f"{name}={redacted(text)!r} must be {expected}")
        return text

    def contact_url(self, name: str) -> str:
        """Return a URL to be shown to strangers, or nothing when the setting is absent."""
        text = self.text(name, "")
        if text and not _CONTACT.fullmatch(text):
            raise ConfigError(f"{name}={text!r} must be https://…, http://… or mailto:…")
        return text

    def vantage_point(self, name: str) -> str:
        """Return the name of a vantage point; it is required."""
        return _parse_vantage_point(name, self.text(name))

    def vantage_points(self, name: str, default: str) -> tuple[str, ...]:
        """Return at least one name of a comma-separated list, in its order, each once."""
        names = [_parse_vantage_point(name, item) for item in self.items(name, default)]
        if not names:
            raise ConfigError(f"{name} names no vantage point; name one, as in {default}")
        return tuple(dict.fromkeys(names))

    def vantage_tags(self, name: str) -> tuple[str, ...]:
        """Return the tags of a comma-separated list in order of the alphabet, each once."""
        try:
            return vantage_tags(self.items(name))
        except ValueError as error:
            raise ConfigError(f"{name}: {error}") from None

    def account(self, name: str) -> str:
        """Return the id of an account, or nothing when the setting is absent."""
        text = self.text(name, "")
        if text and not is_id(ACCOUNT_PREFIX, text):
            raise ConfigError(f"{name}={text!r} must be the id of an account, {ACCOUNT_PREFIX}_…")
        return text

    def log_settings(self) -> LogSettings:
        """Return what every service is told about its logs."""
        levels = ("DEBUG", "INFO", "WARNING", "ERROR")
        return LogSettings(
            level=self.choice("OUTSCOPE_LOG_LEVEL", "INFO", levels),
            as_json=self.choice("OUTSCOPE_LOG_FORMAT", "json", ("json", "text")) == "json",
        )

    def certificate_paths(self) -> CertificatePaths | None:
        """Return the certificate of this service, or None where none of the three is set."""
        ca = self.file("OUTSCOPE_MTLS_CA")
        certificate = self.file("OUTSCOPE_MTLS_CERT")
        key = self.file("OUTSCOPE_MTLS_KEY")
        if ca and certificate and key:
            return CertificatePaths(ca=ca, certificate=certificate, key=key)
        if ca or certificate or key:
            raise ConfigError(
                "OUTSCOPE_MTLS_CA, OUTSCOPE_MTLS_CERT and OUTSCOPE_MTLS_KEY belong together: "
                "set all three, or none"
            )
        return None

    def is_traced(self) -> bool:
        """Tell whether a collector of traces is named, by the standard variables.

        What else they say is read by the SDK; it sends by OTLP over HTTP and nothing else.
        """
        names = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
        if not any(self.text(name, "") for name in names):
            return False
        if self.text("OTEL_SDK_DISABLED", "false").lower() == "true":
            return False
        for name in ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"):
            self.choice(name, "http/protobuf", ("http/protobuf",))
        return self.choice("OTEL_TRACES_EXPORTER", "otlp", ("otlp", "none")) == "otlp"

    def networks(self, name: str) -> tuple[IPNetwork, ...]:
        """Return the ranges of a comma-separated list of CIDRs."""
        return tuple(_parse_network(name, item) for item in self.items(name))

    def ip_addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a comma-separated list without duplicates, shortest spelling."""
        return tuple(dict.fromkeys(_parse_ip_address(name, item) for item in self.items(name)))

    def file(self, name: str) -> Path | None:
        """Return a path that exists, or None when the setting is absent."""
        text = self.text(name, "")
        if not text:
            return None
        path = Path(text)
        if not path.is_file():
            raise ConfigError(f"{name}={text!r}: there is no such file")
        return path


def redacted(url: str) -> str:
    """Return a URL, or what was meant to be one, without its user and password."""
    return _CREDENTIALS.sub(r"\1\2…", url)


def _is_url(text: str, schemes: Collection[str]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _parse_vantage_point(name: str, text: str) -> str:
    if not is_vantage_name(text):
        raise ConfigError(
            f"{name}={text!r} must be small letters, digits and hyphens, as in eu-west-1"
        )
    return text


def _parse_address(name: str, text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - the highest port
        raise ConfigError(f"{name}={text!r} must be HOST:PORT")
    return host.strip("[]"), int(port)


def _parse_ip_address(name: str, text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ConfigError(f"{name}={text!r} is not an IPv4 or IPv6 address") from None


def _parse_network(name: str, text: str) -> IPNetwork:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigError(f"{name}={text!r} is not a CIDR range: {error}") from None
