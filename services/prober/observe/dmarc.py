"""Finds the DMARC record that applies to a name without one: the tree walk of RFC 9989, pure.

RFC 7489 went to the organisational domain by a list of public suffixes. The walk needs no list,
and comes to the same name, unless a record in between says otherwise by its psd tag.
"""

import re
from collections.abc import Sequence
from typing import Final

from services.prober.facts import DnsRecords, OutcomeCode

# Section 4.10: however many labels a name has, eight names are asked at most, itself among them.
_MOST_LABELS: Final = 7
_LEAST_LABELS: Final = 2  # below a top-level domain; _dmarc has a label of its own
_BOUNDARY: Final = re.compile(r";[ \t]*psd[ \t]*=[ \t]*([ny])[ \t]*(?:;|\Z)", re.IGNORECASE)


def names_above(fqdn: str) -> tuple[str, ...]:
    """Return the names above one whose records are looked at, the longest first."""
    labels = fqdn.split(".")
    most = min(len(labels) - 1, _MOST_LABELS)
    return tuple(".".join(labels[-count:]) for count in range(most, 0, -1))


def governing(walked: Sequence[DnsRecords]) -> DnsRecords | None:
    """Return what applies of the records found at the names above, the longest first.

    That is the record of the shortest name, the organisational domain. The first that says whether
    it is a public suffix ends the walk; one that is governs only where nothing stands right below
    it. A look-up that failed where the record could have been is returned in its place.
    """
    within = walked[: _boundary_at(walked)]
    found = [index for index, records in enumerate(within) if records.values]
    if not found:
        return next(filter(_is_unknown, within), None)
    last = within[found[-1]]
    if _says(last) == "y":
        below = within[found[-1] - 1 : found[-1]]
        return next((records for records in below if records.values or _is_unknown(records)), last)
    above = (records for records in within[found[-1] + 1 :] if not _is_top_level(records))
    return next(filter(_is_unknown, above), last)


def _boundary_at(walked: Sequence[DnsRecords]) -> int:
    """Return how many records there are up to the first with a psd tag, itself included."""
    ends = (number for number, records in enumerate(walked, start=1) if _says(records))
    return next(ends, len(walked))


def _says(records: DnsRecords) -> str:
    """Return what the psd tag says, y or n; empty without one, and of several records."""
    if len(records.values) != 1:
        return ""
    tag = _BOUNDARY.search(records.values[0])
    return tag[1].lower() if tag else ""


def _is_unknown(records: DnsRecords) -> bool:
    absent = {OutcomeCode.OK, OutcomeCode.DNS_NXDOMAIN, OutcomeCode.DNS_NO_DATA}
    return records.outcome.code not in absent


def _is_top_level(records: DnsRecords) -> bool:
    """Tell whether nobody's own domain is asked: a failure there does not hide a record."""
    return records.name.count(".") < _LEAST_LABELS
