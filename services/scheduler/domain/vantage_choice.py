"""Which vantage points a check is made from: names and tags as callers write them, one by one.

Law: a tag has a colon, which no name has. Each vantage point is chosen once, at the place at which
it was first asked for; those of a tag in the order in which there are any.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from outscope.errors import InvalidRequest
from outscope.limits import MAX_VANTAGE_POINTS

_FIELD: Final = "vantage_points"


def chosen_vantage_points(
    asked: Sequence[str], known: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """Return the names; known are all there are, each with its tags, such as continent:eu.

    Raises InvalidRequest for what there is none of, and for more than a check may have.
    """
    _refuse_more(len(asked))
    chosen: dict[str, None] = {}
    for at, name_or_tag in enumerate(asked):
        chosen.update(dict.fromkeys(_meant(name_or_tag, known, f"{_FIELD}[{at}]")))
    _refuse_more(len(chosen))
    return tuple(chosen)


def all_vantage_points(known: Collection[str]) -> tuple[str, ...]:
    """Return all there are; raises InvalidRequest for none, and for more than a check may have."""
    if not known:
        raise InvalidRequest("There is no vantage point", field=_FIELD)
    _refuse_more(len(known))
    return tuple(known)


def _meant(name_or_tag: str, known: Mapping[str, Collection[str]], field: str) -> list[str]:
    if ":" in name_or_tag:
        meant = [name for name, tags in known.items() if name_or_tag in tags]
        what = "vantage point with this tag"
    else:
        meant = [name_or_tag] if name_or_tag in known else []
        what = "such vantage point"
    if meant:
        return meant
    names = sorted(known)
    raise InvalidRequest(
        f"There is no {what}; there are {', '.join(names)}",
        field=field,
        value=name_or_tag,
        vantage_points=names,
    )


def _refuse_more(count: int) -> None:
    if count > MAX_VANTAGE_POINTS:
        raise InvalidRequest(
            f"A check is made from at most {MAX_VANTAGE_POINTS} vantage points, and these are "
            f"{count}; name those that matter",
            field=_FIELD,
            value=count,
        )
