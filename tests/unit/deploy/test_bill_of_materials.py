import json
from pathlib import Path
from typing import Final

from deploy.bill_of_materials import bill_of_materials
from deploy.runtime_lock import runtime_lock

ROOT: Final = Path(__file__).parents[3]


def components(lock: str, debian: str = "") -> list[dict[str, str]]:
    document = json.loads(bill_of_materials(lock, debian))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    found: list[dict[str, str]] = document["components"]
    return found


def test_a_library_is_listed_with_the_name_scanners_look_it_up_by() -> None:
    lock = 'Web==5.1 ; sys_platform == "linux" \\\n    --hash=sha256:aa\n    # via outscope\n'
    (web,) = components(lock)
    assert (web["name"], web["version"], web["purl"]) == ("Web", "5.1", "pkg:pypi/web@5.1")


def test_packages_of_the_base_are_listed_with_their_whole_version() -> None:
    (openssl,) = components("", "libssl3 1:3.0.17-1~deb12u2+b1\n\n")
    assert openssl["purl"] == "pkg:deb/debian/libssl3@1%3A3.0.17-1~deb12u2%2Bb1"


def test_all_that_the_image_installs_is_listed_once() -> None:
    locked = runtime_lock(
        (ROOT / "pyproject.toml").read_text("utf-8"),
        (ROOT / "requirements.lock").read_text("utf-8"),
    )
    names = [each["name"] for each in components(locked)]
    assert {"grpcio", "nats-py", "psycopg", "uvloop", "protobuf"} <= set(names)
    assert "pytest" not in names
    assert len(set(names)) == len(names)
