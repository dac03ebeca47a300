"""Reads the rule pack as it is written: pack.toml and the families it names, beside this module.

Law: nothing else of the judge reads anything, and this reads what is part of the package, once,
when it is imported. Judging itself reads nothing.
"""

import hashlib
import json
import pkgutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

# The folder of the pack, and the file that names its version and its families.
FOLDER: Final = "rules"
PACK_FILE: Final = "pack.toml"
_PACKAGE: Final = "services.prober.judge"
_MEMBERS: Final = frozenset({"version", "digest", "code", "families"})

Written = Mapping[str, Any]


class PackError(Exception):
    """The rule pack cannot be used; the text has a line for each fault, with its remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPack:
    """The pack as parsed, and not yet checked; families in the order in which they are asked."""

    version: int
    # Of the families, the code and the version, as of when it was last sealed.
    digest: str
    families: Mapping[str, Written]
    # Of the code of the judge, as of when it was last sealed.
    code: str = ""


def read_pack(text_of: Callable[[str], str]) -> WrittenPack:
    """Return the pack as it is written; raise PackError where a file is missing or is no TOML."""
    about = _parsed(PACK_FILE, text_of)
    if not _is_about_a_pack(about):
        raise PackError(
            f"{FOLDER}/{PACK_FILE}: it has a version (a number from 1), a digest, one of the code "
            "and the names of its families, and nothing else; correct it, and run: make rules"
        )
    families = {name: _parsed(f"{name}.toml", text_of) for name in about["families"]}
    version, digest, code = about["version"], about["digest"], about["code"]
    return WrittenPack(version=version, digest=digest, families=families, code=code)


def _is_about_a_pack(about: Written) -> bool:
    if set(about) != _MEMBERS:
        return False
    version, names = about["version"], about["families"]
    is_version = isinstance(version, int) and not isinstance(version, bool) and version > 0
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    are_digests = isinstance(about["digest"], str) and isinstance(about["code"], str)
    return is_version and is_list and are_digests


def _parsed(name: str, text_of: Callable[[str], str]) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(name))
    except FileNotFoundError as error:
        raise PackError(
            f"{FOLDER}/{name}: there is no such file; add it, or take it out of {PACK_FILE}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{FOLDER}/{name}: it is no TOML; correct it: {error}") from error


def digest_of(version: int, families: Mapping[str, Written], code: str) -> str:
    """Return what changes with any rule, in data or in code, and with the version.

    Comments and layout are no part; the code is its own digest.
    """
    content = json.dumps([version, code, *families.items()], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def elements_in(pack: WrittenPack) -> tuple[str, ...]:
    """Return the custom elements that rules look for, which a document is read for; unchecked."""
    rules = (rule for family in pack.families.values() for rule in family.get("rule", ()))
    return tuple(dict.fromkeys(str(rule["element"]) for rule in rules if "element" in rule))


def _text_in_package(name: str) -> str:
    content = pkgutil.get_data(_PACKAGE, f"{FOLDER}/{name}")
    if content is None:
        raise FileNotFoundError(name)
    return content.decode()


WRITTEN_PACK: Final = read_pack(_text_in_package)
# Raised by `make rules` with any change to a rule or to the code, so that a stored verdict names
# its rules.
RULES_VERSION: Final = str(WRITTEN_PACK.version)
