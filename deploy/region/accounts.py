"""Renders who may do what on NATS, as its servers read it: accounts, users and permissions.

Law: nobody may more than its code asks for. A prober reads the jobs of its vantage point and what
is told to all probers, and writes reports and that it is alive; streams are made by the scheduler.
Passwords are named, not written: the servers take them from their environment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

ACCOUNT: Final = "OUTSCOPE"

_HEAD: Final = (
    "# Who may do what on the bus: rendered by make region from the folders in regions; edit\n"
    "# deploy/region instead. Passwords come from the environment: the Secret nats-users.\n"
)
# What it hands out and takes in, asks and tells; streams, their consumers and the bucket presence.
_SCHEDULER_PUBLISHES: Final = (
    *("jobs.*", "deliveries", "reports", "delivery_attempts"),
    *("events.check.*", "cancel.*", "watched", "judge"),
    *("$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.*", "$JS.API.STREAM.UPDATE.*"),
    *("$JS.API.STREAM.INFO.*", "$JS.API.STREAM.MSG.GET.*", "$JS.API.STREAM.MSG.DELETE.*"),
    *("$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.INFO.>", "$JS.API.CONSUMER.MSG.NEXT.>"),
    *("$JS.API.CONSUMER.DELETE.KV_presence.*", "$JS.API.DIRECT.GET.>", "$JS.ACK.>", "$JS.FC.>"),
)
_SCHEDULER_HEARS: Final = (
    *("_INBOX.>", "events.check.*", "presence.*", "progress.*"),
    # Which jobs are worked on, as their probers tell the server.
    *("budget schedulers", "cancelled schedulers", "$JS.ACK.JOBS.>"),
)
# At the edge there is one kind of user, and one variable for its password.
_EDGE_PROBER: Final = "NATS_PROBER_PASSWORD"
# Questions that a service answers come with the subject of the answer.
_ANSWERS: Final = 'allow_responses: { max: 1, expires: "1m" }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A vantage point; one at the edge comes by a leaf node into an account of its own."""

    name: str
    is_edge: bool = False
    # What is said of where it stands, such as continent:eu.
    tags: tuple[str, ...] = ()
    # The account that it serves alone; empty for all.
    owner: str = ""


def password_name(user: str) -> str:
    """Return the variable that holds the password of a user."""
    return f"NATS_{user.upper().replace('-', '_')}_PASSWORD"


def users(regions: Iterable[Region]) -> list[str]:
    """Return everybody who has a password."""
    return [
        *("system", "scheduler", "notifier"),
        *(f"edge-{each.name}" for each in regions if each.is_edge),
        *(f"prober-{each.name}" for each in regions if not each.is_edge),
    ]


def edge_account(region: Region) -> str:
    """Return the account of a region at the edge."""
    return f"EDGE_{region.name.upper().replace('-', '_')}"


def accounts_conf(regions: Sequence[Region]) -> str:
    """Return the accounts of the central servers."""
    edges = [region for region in regions if region.is_edge]
    members = [
        _user("scheduler", _SCHEDULER_PUBLISHES, _SCHEDULER_HEARS),
        _user("notifier", notifier_publishes(), ("_INBOX.notifier.>",), answers=False),
        *(_prober_of(region) for region in regions if not region.is_edge),
    ]
    return (
        f"{_HEAD}system_account: SYS\naccounts {{\n"
        f"  SYS {{ users: [ {{ user: system, password: ${password_name('system')} }} ] }}\n"
        f"  {ACCOUNT} {{\n    jetstream: enabled\n"
        f"    users: [\n{_indented(members, 6)}\n    ]\n"
        f"    exports: [\n{_indented(_exports(edges), 6)}\n    ]\n  }}\n"
        f"{''.join(_edge(region) for region in edges)}}}\n"
    )


def leafnodes_conf(regions: Sequence[Region]) -> str:
    """Return who may connect a leaf node, and to which account it belongs then."""
    members = [
        f"{{ user: edge-{region.name}, password: ${password_name(f'edge-{region.name}')}, "
        f"account: {edge_account(region)} }}"
        for region in regions
        if region.is_edge
    ]
    return f"{_HEAD}authorization {{\n  users: [\n{_indented(members, 4)}\n  ]\n}}\n"


def edge_conf(region: Region) -> str:
    """Return the accounts of the server that stands in a region at the edge."""
    user = _indented([_edge_user(region.name)], 6)
    mappings = _indented(_mappings(region), 6)
    return (
        f"{_HEAD}accounts {{\n  EDGE {{\n    users: [\n{user}\n    ]\n"
        f"    mappings {{\n{mappings}\n    }}\n  }}\n}}\n"
    )


def prober_user(vantage: str) -> str:
    """Return the user that the probers of a vantage point connect as."""
    hears = (*_prober_hears(vantage), "judge probers")
    return _user(f"prober-{vantage}", prober_publishes(vantage), hears)


def _prober_of(region: Region) -> str:
    """Return the user of a region; one that an account has is not asked to judge others' facts."""
    if not region.owner:
        return prober_user(region.name)
    hears = _prober_hears(region.name)
    return _user(f"prober-{region.name}", prober_publishes(region.name), hears, answers=False)


def _edge_user(vantage: str) -> str:
    """Return that of a vantage point at the edge, which is not asked to judge facts of others.

    What it may publish is looked at when it has been renamed.
    """
    publishes = [_abroad(subject) for subject in prober_publishes(vantage)]
    hears = _prober_hears(vantage)
    return _user(f"prober-{vantage}", publishes, hears, answers=False, password=_EDGE_PROBER)


def _prober_hears(vantage: str) -> tuple[str, ...]:
    return (f"_INBOX.prober.{vantage}.>", "cancel.*", "watched")


def prober_publishes(vantage: str) -> tuple[str, ...]:
    """Return what a prober may publish to."""
    return (
        *(
            "reports",
            "budget",
            "cancelled",
            "progress.*",
            f"presence.{vantage}",
            f"$KV.presence.{vantage}.*",
        ),
        "$JS.API.STREAM.INFO.KV_presence",
        *_work("JOBS", f"prober-{vantage}", f"jobs.{vantage}"),
    )


def notifier_publishes() -> tuple[str, ...]:
    """Return what a notifier may publish to."""
    return ("delivery_attempts", *_work("DELIVERIES", "notifier", "deliveries"))


def _work(stream: str, durable: str, subject: str) -> tuple[str, str, str]:
    """Return what it takes to work on one durable: to have it made, to pull, to acknowledge."""
    return (
        f"$JS.API.CONSUMER.CREATE.{stream}.{durable}.{subject}",
        f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}",
        f"$JS.ACK.{stream}.{durable}.>",
    )


def _user(
    name: str,
    publishes: Iterable[str],
    hears: Iterable[str],
    *,
    answers: bool = True,
    password: str = "",
) -> str:
    return (
        f"{{ user: {name}, password: ${password or password_name(name)}, permissions: {{\n"
        f"    publish: {{ allow: [{_quoted(publishes)}] }}\n"
        f"    subscribe: {{ allow: [{_quoted(hears)}] }}\n"
        + (f"    {_ANSWERS}\n" if answers else "")
        + "} }"
    )


def _exports(edges: Sequence[Region]) -> list[str]:
    """Return what is given to accounts at the edge; a subject that all use is named once."""
    given: dict[tuple[str, str], list[str]] = {}
    for region in edges:
        for kind, subject in _given(region):
            given.setdefault((kind, subject), []).append(edge_account(region))
    return [
        f'{{ {kind}: "{subject}", accounts: [{", ".join(accounts)}]'
        + (", response: stream" if ".MSG.NEXT." in subject else "")
        + " }"
        for (kind, subject), accounts in given.items()
    ]


def _given(region: Region) -> list[tuple[str, str]]:
    """Return what an account at the edge is given, by the kind of the export."""
    return [
        *(("service", subject) for subject in prober_publishes(region.name)),
        *(("stream", subject) for subject in ("cancel.*", "watched")),
    ]


def _edge(region: Region) -> str:
    """Return the account of a region at the edge: what it imports is all there is in it."""
    imports = [
        f'{{ {kind}: {{ account: {ACCOUNT}, subject: "{subject}" }}, to: "{_abroad(subject)}" }}'
        for kind, subject in _given(region)
    ]
    return f"  {edge_account(region)} {{\n    imports: [\n{_indented(imports, 6)}\n    ]\n  }}\n"


def _abroad(subject: str) -> str:
    """Return as what a subject travels between an edge and the central servers.

    A leaf node passes nothing of JetStream's own subjects on that is only imported.
    """
    return subject.removeprefix("$")


def _mappings(region: Region) -> list[str]:
    """Return how a server at the edge renames what is published there; a * is told by its place."""
    return [
        f'"{subject}": "{_abroad(subject).replace("*", "$1")}"'
        for _, subject in _given(region)
        if subject != _abroad(subject)
    ]


def _quoted(subjects: Iterable[str]) -> str:
    return ", ".join(f'"{subject}"' for subject in subjects)


def _indented(blocks: Iterable[str], by: int) -> str:
    lines = (line for block in blocks for line in block.splitlines())
    return "\n".join(f"{' ' * by}{line}" for line in lines)
