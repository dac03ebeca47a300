"""The contract in proto/ is clean, only grows, and is what the generated stubs were made from."""

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from tests.architecture.tree import ROOT

RELEASE: Final = ROOT / "proto/release.binpb"
SCRIPTS: Final = Path(sysconfig.get_path("scripts"))


def run_buf(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / "buf", *arguments], cwd=folder, check=False, capture_output=True, text=True
    )


def generate_stubs(folder: Path) -> None:
    """Run make proto, without what it depends on, into another folder."""
    command = ["make", "--silent", "--old-file=setup", "proto", f"OUT={folder}"]
    subprocess.run(command, cwd=ROOT, check=True, timeout=60)


def differing_files(fresh: Path, committed: Path) -> list[str]:
    """Return the stubs that are stale, missing or left over."""
    ours = {file.name: file.read_bytes() for file in committed.glob("*_pb2*")}
    made = {file.name: file.read_bytes() for file in fresh.glob("*_pb2*")}
    return sorted(name for name in ours.keys() | made.keys() if ours.get(name) != made.get(name))


@pytest.fixture
def proto_copy(tmp_path: Path) -> Path:
    """Return a copy of the contract that a test may change."""
    shutil.copytree(ROOT / "proto", tmp_path / "proto")
    shutil.copy(ROOT / "buf.yaml", tmp_path)
    return tmp_path


def edit(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / "proto/outscope/v1" / file
    source = path.read_text("utf-8")
    assert old in source
    path.write_text(source.replace(old, new, 1), "utf-8")


def test_the_generated_stubs_are_fresh(tmp_path: Path) -> None:
    generate_stubs(tmp_path)
    assert differing_files(tmp_path / "outscope/v1", ROOT / "outscope/v1") == []


def test_the_contract_keeps_to_the_standard_rules() -> None:
    linted = run_buf("lint")
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_the_contract_breaks_nobody_who_uses_the_last_release() -> None:
    compared = run_buf("breaking", "--against", str(RELEASE))
    assert compared.returncode == 0, compared.stdout + compared.stderr


def test_a_stale_a_missing_and_a_leftover_stub_are_found(tmp_path: Path) -> None:
    fresh, committed = tmp_path / "fresh", tmp_path / "committed"
    for folder, files in ((fresh, "abc"), (committed, "abd")):
        folder.mkdir()
        for name in files:
            (folder / f"{name}_pb2.py").write_text(
                f"{name} of {folder.name}" if name == "b" else ""
            )
    assert differing_files(fresh, committed) == ["b_pb2.py", "c_pb2.py", "d_pb2.py"]


def test_a_name_against_the_standard_rules_is_found(proto_copy: Path) -> None:
    edit(proto_copy, "problem.proto", "string field", "string theField")
    assert run_buf("lint", folder=proto_copy).returncode != 0


def test_a_removed_field_is_found(proto_copy: Path) -> None:
    edit(proto_copy, "problem.proto", "  string message = 2;\n", "")
    assert run_buf("breaking", "--against", str(RELEASE), folder=proto_copy).returncode != 0


def test_a_new_field_is_no_break(proto_copy: Path) -> None:
    edit(proto_copy, "problem.proto", "string value = 4;", "string value = 4;\n  string hint = 99;")
    grown = run_buf("breaking", "--against", str(RELEASE), folder=proto_copy)
    assert grown.returncode == 0, grown.stdout


# What a verdict is, and what can be done about one: people read these files first.
DESCRIBED: Final = ("verdict.proto", "judgement_service.proto", "review.proto")


def undescribed_fields(folder: Path, names: Iterable[str]) -> list[str]:
    """Return the fields without a comment, of these files in a folder that has proto/."""
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "-Iproto", "--include_source_info"]
    files = [f"outscope/v1/{name}" for name in names]
    made = subprocess.run(
        [*protoc, "--descriptor_set_out=/dev/stdout", *files],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=60,
    )
    found = []
    for file in FileDescriptorSet.FromString(made.stdout).file:
        told = {tuple(one.path) for one in file.source_code_info.location if one.leading_comments}
        found += [
            f"{message.name}.{field.name}"
            for number, message in enumerate(file.message_type)
            for place, field in enumerate(message.field)
            if (4, number, 2, place) not in told  # descriptor.proto: message_type, field
        ]
    return found


def test_every_field_of_a_verdict_is_described() -> None:
    assert undescribed_fields(ROOT, DESCRIBED) == []


def test_a_field_without_a_comment_is_found(proto_copy: Path) -> None:
    edit(proto_copy, "verdict.proto", "  // The rule's id.\n  string rule", "  string rule")
    assert undescribed_fields(proto_copy, DESCRIBED) == ["Evidence.rule"]
