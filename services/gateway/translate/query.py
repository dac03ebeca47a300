"""Query parameters as the fields of a model."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from outscope.errors import InvalidRequest

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,9}", re.ASCII)


def refuse_any(names: Iterable[str]) -> None:
    """Raise InvalidRequest for the first parameter of what takes none."""
    for name in names:
        raise InvalidRequest(
            f'There is no parameter "{name[:128]}"; leave it out, as this takes none',
            field=name[:128],
        )


def query_fields(
    pairs: Sequence[tuple[str, str]], *, numbers: Collection[str] = ()
) -> dict[str, object]:
    """Return query parameters as fields, those named as numbers as integers where they are.

    One given twice is refused.
    """
    name, times = Counter(name for name, _ in pairs).most_common(1)[0] if pairs else ("", 0)
    if times > 1:
        raise InvalidRequest(f"{name[:128]} is given {times} times", field=name[:128])
    fields: dict[str, object] = dict(pairs)
    for number in numbers:
        value = fields.get(number)
        if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
            fields[number] = int(value)
    return fields
