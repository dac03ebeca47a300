"""What a check did and did not look at, in sentences, so that nobody takes it for more.

Law: made of the check alone, as GET /v1/check/{id} shows it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Json = Mapping[str, Any]

_UNASKED: Final = "http_not_asked"
_NOT_ASKED: Final = (
    ("all_addresses", "The paths were requested at one address of the name."),
    ("max_redirects", "Redirects were not followed."),
    ("tls_versions", "Which other versions of TLS are accepted was not tried."),
)


def coverage(check: Json) -> list[str]:
    """Return the statement, sentence by sentence; of a check that was not carried out one."""
    observer = check["observer"]
    if observer is None:
        nothing = "Nothing was observed, so nothing here tells anything of the target."
        return [nothing, *_without_sight(check)]
    return [
        _whence(observer),
        *_of_several(check, observer),
        *_beside(check, observer),
        *_without_sight(check),
        *_looked_at(check),
        *_left_out(check, observer),
    ]


def _whence(observer: Json) -> str:
    return (
        f"Seen from {_place_and_time(observer)}, by OutScope "
        f"{observer['prober_version']} as “{observer['user_agent']}”. Others, elsewhere or later, "
        "may see something else."
    )


def _of_several(check: Json, observer: Json) -> Iterator[str]:
    """Yield whose view of several this is, and whether others see the same."""
    if not check["vantages"]:
        return
    agreement = check["agreement"]
    names = _listed([view["vantage_point"] for view in check["vantages"]])
    if agreement is None:
        compared = "None of them can be counted, for reasons that are ours."
    elif agreement["code"] == "agree":
        compared = f"Those that are counted agree: {_listed(agreement['counted'])}."
    else:
        apart = [dissent["vantage_point"] for dissent in agreement["dissents"]]
        compared = f"They do not agree ({agreement['code']}): {_listed(apart)} saw otherwise."
    yield (
        f"Looked at from {names}; this is what {observer['vantage_point']} saw, whose verdict is "
        f"the merged one (quorum: {check['request']['quorum']}). {compared}"
    )


def _beside(check: Json, shown: Json) -> Iterator[str]:
    """Yield from where else, and when, the target was seen."""
    observers = [view["observer"] for view in check["vantages"] if view["observer"] is not None]
    others = [one for one in observers if one["vantage_point"] != shown["vantage_point"]]
    if others:
        told = "; ".join(map(_place_and_time, others))
        yield f"Seen from these as well, whose facts are not all shown here: {told}."


def _without_sight(check: Json) -> Iterator[str]:
    """Yield from where nobody could look, and why."""
    blind = [view for view in check["vantages"] if view["observer"] is None]
    if blind:
        told = [f"{view['vantage_point']} ({_why_not(view)})" for view in blind]
        yield f"Nothing was seen from {_listed(told)}."


def _why_not(view: Json) -> str:
    return str(view["failure"]["reason"] if view["failure"] else view["status"])


def _place_and_time(observer: Json) -> str:
    addresses = observer["egress_addresses"]
    by = f" by way of {_listed(addresses)}" if addresses else ""
    return f"{observer['vantage_point']}{by}, at {observer['started_at']}"


def _looked_at(check: Json) -> Iterator[str]:
    request = check["request"]
    yield (
        f"Looked at: TCP {_noun('port', request['ports'])} and "
        f"{_noun('path', request['paths'])}. No other port was opened."
    )
    discovered = [path["path"] for path in check["discovered"]]
    if discovered:
        yield f"Requested beyond the paths: {_listed(discovered)}."
    if check["control"] is not None:
        yield "One random path was requested, to see what the server answers to anything."
    yield "Requests were GET without credentials; no forms were sent and no attacks were made."


def _left_out(check: Json, observer: Json) -> Iterator[str]:
    if observer["has_ipv6"] is False:
        yield "IPv6 was not tried: there is none at this place."
    yield from _left_out_of_ports(check["ports"])
    yield from _left_out_of_paths(check["paths"])
    yield from (said for option, said in _NOT_ASKED if not check["request"][option])
    if observer["report_shortened"]:
        yield "Headers, certificates or further addresses are missing: there was no room for them."


def _left_out_of_ports(ports: Sequence[Json]) -> Iterator[str]:
    for port in ports:
        if left_out := port["addresses_left_out"]:
            yield f"Port {port['port']}: {left_out} more addresses were not tried."
        if _code(port["http_outcome"]) == _UNASKED:
            yield f"Port {port['port']} was not asked over HTTP: the check had no request left."


def _left_out_of_paths(paths: Sequence[Json]) -> Iterator[str]:
    unasked = [path["path"] for path in paths if _code(path["outcome"]) == _UNASKED]
    if unasked:
        yield f"Not requested: {_listed(unasked)}."
    cut = [path["path"] for path in paths if path["truncated"]]
    if cut:
        yield f"Read only in part, for they are longer than what is read: {_listed(cut)}."


def _code(outcome: Json | None) -> str:
    return "" if outcome is None else str(outcome["code"])


def _noun(noun: str, values: Sequence[object]) -> str:
    return f"{noun if len(values) == 1 else f'{noun}s'} {_listed(values)}"


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(str, values))
