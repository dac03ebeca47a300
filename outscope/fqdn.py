"""Normalises a host name as a caller wrote it to the A-labels that are looked up.

Law: normalised_fqdn(normalised_fqdn(x)) == normalised_fqdn(x).
Source: UTS 46 non-transitional (https://www.unicode.org/reports/tr46/), RFC 1123 section 2.1.
Letters are checked as browsers do, which is wider than IDNA 2008: names with emoji are in use.
"""

import contextlib
import re
from ipaddress import IPv6Address
from typing import Final

import idna

from outscope.errors import InvalidRequest
from outscope.limits import MAX_FQDN_CHARS

_MAX_LABEL_CHARS: Final = 63
# Longer than any spelling of a valid name: not worth converting.
_MAX_SPELLING_CHARS: Final = 1000
_ACE_PREFIX: Final = "xn--"
_URL_MARK: Final = re.compile(r"[/\\?#@]")
_WITH_PORT: Final = re.compile(r"(?P<host>[^:]+):(?P<port>\d*)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LDH_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.ASCII)
_PLAIN: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9]{0,62}", re.ASCII)

_EXPECTED: Final = "expected a fully qualified host name such as example.com"


def normalised_fqdn(text: str, *, field: str = "fqdn") -> str:
    """Return the name in lower-case A-labels without a trailing dot, or raise InvalidRequest."""
    trimmed = text.strip()
    if len(trimmed) > _MAX_SPELLING_CHARS:  # before anything that takes time
        raise _refusal(_over_long(len(trimmed)), field, text)
    lowered = trimmed.lower().removesuffix(".") if trimmed.isascii() else trimmed
    if (
        _PLAIN.fullmatch(lowered)
        and len(lowered) <= MAX_FQDN_CHARS
        and _ACE_PREFIX not in lowered  # its label must be decoded and checked
    ):
        return lowered
    try:
        return _converted(trimmed)
    except _MalformedError as error:
        raise _refusal(error, field, text) from error


def _refusal(fault: "_MalformedError", field: str, text: str) -> InvalidRequest:
    return InvalidRequest(f"{fault}; {_EXPECTED}", field=field, value=text)


class _MalformedError(Exception):
    """What is wrong with a name, for people, without the final full stop."""


def _converted(trimmed: str) -> str:
    if not trimmed:
        raise _MalformedError("The name is empty")
    _refuse_other_forms(trimmed)
    mapped = _mapped(trimmed).removesuffix(".")
    _refuse_other_forms(mapped)  # what full-width letters and digits turned into
    labels = [_a_label(label) for label in mapped.split(".")]
    name = ".".join(labels)
    if _NUMBER.fullmatch(labels[-1]):
        raise _MalformedError("This is an IP address or ends in a number")
    if len(labels) == 1:
        raise _MalformedError("This is a single label without a domain")
    if len(name) > MAX_FQDN_CHARS:
        raise _over_long(len(name))
    return name


def _over_long(chars: int) -> _MalformedError:
    return _MalformedError(
        f"The name is {chars} characters long, over the {MAX_FQDN_CHARS} allowed"
    )


def _refuse_other_forms(text: str) -> None:
    """Tell URLs, addresses and ports apart from a malformed name: people paste them."""
    if "://" in text or text.startswith("//"):
        raise _MalformedError("This is a URL; leave out the scheme and the path")
    if _is_ipv6_literal(text):
        raise _MalformedError("This is an IP address; checks are made by name")
    mark = _URL_MARK.search(text)
    if mark is not None:
        raise _MalformedError(f"The name contains {mark.group()!r}, which is part of a URL")
    with_port = _WITH_PORT.fullmatch(text)
    if with_port is not None:
        raise _MalformedError("The name has a port; list ports in `ports`")


def _is_ipv6_literal(text: str) -> bool:
    """Tell whether this is an IPv6 address, in brackets or not, with a port or not."""
    bare = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    with contextlib.suppress(ValueError):
        IPv6Address(bare)
        return True
    return text.startswith("[")


def _mapped(text: str) -> str:
    try:
        return idna.uts46_remap(text, std3_rules=False)
    except idna.IDNAError as error:
        raise _MalformedError("The name contains a character that no host name can have") from error


def _a_label(label: str) -> str:
    if not label:
        raise _MalformedError("The name has an empty label (two dots in a row, or one in front)")
    if label.startswith(_ACE_PREFIX):
        a_label = _checked_ace(label)
    elif label.isascii():
        a_label = _checked_ldh(label)
    else:
        a_label = _encoded(label)
    if len(a_label) > _MAX_LABEL_CHARS:
        shown = f"{label[:20]}…"
        raise _MalformedError(
            f"The label {shown!r} is {len(a_label)} characters long, "
            f"over the {_MAX_LABEL_CHARS} allowed"
        )
    return a_label


def _checked_ldh(label: str) -> str:
    if "*" in label:
        raise _MalformedError("The name is a pattern; checks are made of one host")
    if label.startswith("-") or label.endswith("-"):
        raise _MalformedError(f"The label {_shown(label)} begins or ends with a hyphen")
    if _LDH_LABEL.fullmatch(label) is None:
        raise _MalformedError(
            f"The label {_shown(label)} has a character other than letters, digits and hyphens"
        )
    return label


def _checked_ace(label: str) -> str:
    """Return an A-label as it came when it is the one spelling of what it decodes to."""
    refused = _MalformedError(f"The label {_shown(label)} is not valid Punycode of a name")
    if len(label) > _MAX_LABEL_CHARS or _LDH_LABEL.fullmatch(label) is None:
        raise refused
    try:
        decoded = label.removeprefix(_ACE_PREFIX).encode().decode("punycode")
        is_itself = _mapped(decoded) == decoded and _encoded(decoded) == label
    except (UnicodeError, _MalformedError) as error:
        raise refused from error
    if decoded.isascii() or not is_itself:
        raise refused
    return label


def _encoded(label: str) -> str:
    _refuse_unfit_letters(label)
    if len(label) > _MAX_LABEL_CHARS:
        return label  # over-long in any form, and encoding takes quadratic time
    return _ACE_PREFIX + label.encode("punycode").decode("ascii")


def _refuse_unfit_letters(label: str) -> None:
    """Apply the validity criteria of UTS 46 section 4.1 to a mapped label that is not ASCII."""
    ascii_part = "".join(letter for letter in label if letter.isascii())
    if ascii_part and re.fullmatch(r"[a-z0-9-]+", ascii_part) is None:
        raise _MalformedError(
            f"The label {_shown(label)} has a character other than letters, digits and hyphens"
        )
    if label.startswith("-") or label.endswith("-"):
        raise _MalformedError(f"The label {_shown(label)} begins or ends with a hyphen")
    if label[2:4] == "--":
        raise _MalformedError(f"The label {_shown(label)} has hyphens in third and fourth place")
    try:
        idna.check_initial_combiner(label)
        idna.check_bidi(label)
        joiners_fit = all(
            idna.valid_contextj(label, at)
            for at, letter in enumerate(label)
            if letter in "\u200c\u200d"
        )
    except (idna.IDNAError, ValueError) as error:
        raise _MalformedError(f"The label {_shown(label)} mixes letters as no name can") from error
    if not joiners_fit:
        raise _MalformedError(f"The label {_shown(label)} has a joiner where none belongs")


def _shown(label: str) -> str:
    return repr(label if len(label) <= _MAX_LABEL_CHARS else f"{label[:_MAX_LABEL_CHARS]}…")
