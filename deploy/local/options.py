"""What the one-machine system can be told: by option, or by the environment variable beside it."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.certificates.folder import LEAVES, CertificatesError, certificate_paths
from outscope.config import ConfigError, Environment
from outscope.netguard.deny_file import opened_deny_file
from outscope.vantage import is_vantage_name

_MAX_REPLICAS: Final = 64
_DEFAULT_VANTAGES: Final = "eu-west-1:1,us-east-1:1"
_DENY_HELP: Final = "names and ranges never to be probed, one a line"


class Variables(Environment):
    """The environment as a whole, for the processes we start."""

    def all(self) -> Mapping[str, str]:
        """Return every variable."""
        return dict(self._variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything it was told, checked."""

    folder: Path
    rest_port: int
    grpc_port: int
    vantages: Mapping[str, int]
    schedulers: int
    gateways: int
    notifiers: int
    resolvers: tuple[str, ...]
    allow_net: tuple[str, ...]
    deny_file: Path | None
    ca_file: Path | None
    certificates: Path | None
    as_json: bool
    first_check: bool
    fqdn: str
    database_url: str
    nats_url: str
    service_token: str
    secret_keys: str
    drain_s: float


def parse_options(arguments: Sequence[str], environment: Environment) -> Options:
    """Return the options; an unusable one is a ConfigError, or ends with a line of usage."""
    parsed = _parser(environment).parse_args(arguments)
    return Options(
        folder=Path(parsed.data_folder),
        rest_port=_whole("--rest-port", parsed.rest_port, 0, 65535),
        grpc_port=_whole("--grpc-port", parsed.grpc_port, 0, 65535),
        vantages=_vantages(parsed.vantage or environment.items("OUTSCOPE_VANTAGE")),
        schedulers=_whole("--schedulers", parsed.schedulers, 1, _MAX_REPLICAS),
        gateways=_whole("--gateways", parsed.gateways, 1, _MAX_REPLICAS),
        notifiers=_whole("--notifiers", parsed.notifiers, 0, _MAX_REPLICAS),
        resolvers=_resolvers(parsed.resolver or environment.items("OUTSCOPE_RESOLVER")),
        allow_net=_networks(parsed.allow_net or environment.items("OUTSCOPE_ALLOW_NET")),
        deny_file=_deny_file("--deny-file", parsed.deny_file),
        ca_file=_file("--ca-file", parsed.ca_file),
        certificates=_certificates("--certificates", parsed.certificates),
        as_json=parsed.json,
        first_check=parsed.first_check,
        fqdn=environment.text("FQDN", ""),
        database_url=environment.text("DATABASE_URL", ""),
        nats_url=environment.text("NATS_URL", ""),
        service_token=environment.text("OUTSCOPE_SERVICE_TOKEN", ""),
        secret_keys=environment.text("OUTSCOPE_SECRET_KEYS", ""),
        drain_s=environment.seconds("OUTSCOPE_DRAIN", 5.0),
    )


def _parser(environment: Environment) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy.local",
        description="Run all of OutScope on this machine, until Ctrl-C.",
        epilog="Each option but --first-check can be set by OUTSCOPE_<NAME> too, lists with "
        "commas. DATABASE_URL and NATS_URL, when set, are used in place of the Postgres and NATS "
        "started here.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    text = environment.text
    add("--data", dest="data_folder", metavar="DIR", default=text("OUTSCOPE_DATA", ".outscope"))
    add("--rest-port", metavar="N", default=text("OUTSCOPE_REST_PORT", "8080"), help="0 picks one")
    add("--grpc-port", metavar="N", default=text("OUTSCOPE_GRPC_PORT", "50051"), help="0 picks one")
    add("--vantage", metavar="NAME:REPLICAS", action="append", help="repeatable; first is default")
    for service in ("schedulers", "gateways", "notifiers"):
        add(f"--{service}", metavar="N", default=text(f"OUTSCOPE_{service.upper()}", "1"))
    add("--resolver", metavar="HOST:PORT", action="append", help="DNS server to ask; repeatable")
    add("--allow-net", metavar="CIDR", action="append", help="open a private range; repeatable")
    add("--deny-file", metavar="FILE", default=text("OUTSCOPE_DENY_FILE", ""), help=_DENY_HELP)
    add("--ca-file", metavar="PEM", default=text("OUTSCOPE_CA_FILE", ""), help="extra trust root")
    add(
        "--certificates",
        metavar="DIR",
        default=text("OUTSCOPE_CERTIFICATES", ""),
        help="encrypt what the parts say to each other; make certs makes the folder",
    )
    json_default = text("OUTSCOPE_JSON", "") not in {"", "0", "false"}
    add(
        "--json", action="store_true", default=json_default, help="print one JSON object when ready"
    )
    add("--first-check", action="store_true", help="check FQDN, or a demo site served here")
    return parser


def _whole(option: str, text: str, minimum: int, maximum: int) -> int:
    return Environment({option: text}).integer(option, 0, minimum=minimum, maximum=maximum)


def _vantages(items: Sequence[str]) -> dict[str, int]:
    vantages: dict[str, int] = {}
    for item in items or _DEFAULT_VANTAGES.split(","):
        name, _, replicas = item.partition(":")
        if not is_vantage_name(name):
            raise ConfigError(f"--vantage={item!r} must be NAME:REPLICAS, as in eu-west-1:2")
        if name in vantages:
            raise ConfigError(f"--vantage={item!r}: {name} is given twice")
        vantages[name] = _whole("--vantage", replicas or "1", 0, _MAX_REPLICAS)
    return vantages


def _resolvers(items: Sequence[str]) -> tuple[str, ...]:
    Environment({"--resolver": ",".join(items)}).addresses("--resolver")
    return tuple(items)


def _networks(items: Sequence[str]) -> tuple[str, ...]:
    Environment({"--allow-net": ",".join(items)}).networks("--allow-net")
    return tuple(items)


def _file(option: str, text: str) -> Path | None:
    path = Environment({option: text}).file(option)
    return None if path is None else path.absolute()


def _certificates(option: str, text: str) -> Path | None:
    """Return a folder that holds what every part is to show; a bad one is told here, once."""
    if not text:
        return None
    path = Path(text).absolute()
    try:
        for leaf in LEAVES:
            certificate_paths(path, leaf.service)
    except CertificatesError as error:
        raise ConfigError(f"{option}={text!r}: {error}") from error
    return path


def _deny_file(option: str, text: str) -> Path | None:
    """Return the file of a good deny list; a bad one is told here, once, not by every service."""
    path = _file(option, text)
    opened_deny_file(option, path)
    return path
