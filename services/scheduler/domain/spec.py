"""Turns what a caller asked to be checked into a spec with every field set and normalised."""

from collections.abc import Collection, Sequence
from typing import Final

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import (
    DEFAULT_PATHS,
    DEFAULT_PORTS,
    MAX_PATHS,
    MAX_PORT,
    MAX_PORTS,
    MAX_REDIRECTS,
    MAX_RETENTION_DAYS,
    MIN_RETENTION_DAYS,
)
from outscope.path import normalised_path
from services.scheduler.domain.check import CheckOptions, CheckSpec

DEFAULT_RETENTION_DAYS: Final = MIN_RETENTION_DAYS
# A path may be written in several ways, but not without end: each has to be looked at.
_MAX_SPELLINGS: Final = 10 * MAX_PATHS


def normalised_spec(
    *,
    fqdn: str,
    ports: Sequence[int],
    paths: Sequence[str],
    vantage_point: str,
    known_vantage_points: Collection[str],
    include_content_sample: bool,
    content_retention_days: int | None,
) -> CheckSpec:
    """Return the spec, or raise InvalidRequest naming the first field at fault."""
    return CheckSpec(
        fqdn=normalised_fqdn(fqdn),
        ports=_normalised_ports(ports),
        paths=_normalised_paths(paths),
        vantage_point=_known(vantage_point, known_vantage_points),
        include_content_sample=include_content_sample,
        content_retention_days=_retention_days(content_retention_days),
    )


def normalised_options(options: CheckOptions) -> CheckOptions:
    """Return the options, or raise InvalidRequest naming the first field at fault."""
    if options.max_redirects > MAX_REDIRECTS:
        raise InvalidRequest(
            f"At most {MAX_REDIRECTS} redirects are followed",
            field="max_redirects",
            value=options.max_redirects,
        )
    return options


def _normalised_ports(ports: Sequence[int]) -> tuple[int, ...]:
    if not ports:
        return DEFAULT_PORTS
    for at, port in enumerate(ports):
        if not 1 <= port <= MAX_PORT:
            raise InvalidRequest(
                f"A TCP port is between 1 and {MAX_PORT}", field=f"ports[{at}]", value=port
            )
    different = tuple(dict.fromkeys(ports))
    _refuse_more(len(different), MAX_PORTS, "ports")
    return different


def _normalised_paths(paths: Sequence[str]) -> tuple[str, ...]:
    if not paths:
        return DEFAULT_PATHS
    places: dict[str, int] = {}
    for at, path in enumerate(paths):
        places.setdefault(path, at)
    _refuse_more(len(places), _MAX_SPELLINGS, "paths", MAX_PATHS)
    normalised = (normalised_path(path, field=f"paths[{at}]") for path, at in places.items())
    different = tuple(dict.fromkeys(normalised))
    _refuse_more(len(different), MAX_PATHS, "paths")
    return different


def _refuse_more(count: int, most: int, field: str, told: int | None = None) -> None:
    """Refuse more different values than there may be; told is the limit that is named."""
    if count > most:
        raise InvalidRequest(
            f"There are {count} different {field}; at most {told or most} can be checked at once",
            field=field,
            value=count,
        )


def _known(vantage_point: str, known: Collection[str]) -> str:
    if vantage_point in known:
        return vantage_point
    names = sorted(known)
    raise InvalidRequest(
        f"There is no such vantage point; there are {', '.join(names)}",
        field="vantage_point",
        value=vantage_point,
        vantage_points=names,
    )


def _retention_days(days: int | None) -> int:
    if days is None:
        return DEFAULT_RETENTION_DAYS
    if not MIN_RETENTION_DAYS <= days <= MAX_RETENTION_DAYS:
        raise InvalidRequest(
            f"Content is kept for {MIN_RETENTION_DAYS} to {MAX_RETENTION_DAYS} days",
            field="content_retention_days",
            value=days,
        )
    return days
