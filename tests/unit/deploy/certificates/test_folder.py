import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy.certificates.__main__ import main
from deploy.certificates.folder import (
    AUTHORITY_DAYS,
    LEAVES,
    CertificatesError,
    certificate_paths,
    make_certificates,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    list(make_certificates(folder, NOW))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    services = {"ca", *(leaf.service for leaf in LEAVES)}
    assert files(folder).keys() == {f"{name}{end}" for name in services for end in (".crt", ".key")}


def test_the_end_of_each_is_told_and_none_outlives_the_authority(tmp_path: Path) -> None:
    told = {each.name: each.expires_at for each in make_certificates(tmp_path, NOW, days=10)}
    assert told.pop("ca") == NOW + timedelta(days=AUTHORITY_DAYS)
    assert set(told.values()) == {NOW + timedelta(days=10)}
    late = NOW + timedelta(days=AUTHORITY_DAYS - 1)
    again = {each.name: each.expires_at for each in make_certificates(tmp_path, late, days=10)}
    assert set(again.values()) == {NOW + timedelta(days=AUTHORITY_DAYS)}


def test_a_valid_authority_is_kept_and_what_it_issued_renewed(tmp_path: Path) -> None:
    list(make_certificates(tmp_path, NOW))
    before = files(tmp_path)
    first, *others = make_certificates(tmp_path, NOW + timedelta(days=1))
    after = files(tmp_path)
    assert (first.name, first.is_new) == ("ca", False)
    assert all(each.is_new for each in others)
    same = {name for name in before if before[name] == after[name]}
    assert same == {"ca.crt", "ca.key"}


def test_an_authority_that_has_expired_is_made_anew(tmp_path: Path) -> None:
    list(make_certificates(tmp_path, NOW))
    before = files(tmp_path)["ca.crt"]
    later = NOW + timedelta(days=AUTHORITY_DAYS)
    first, *_ = make_certificates(tmp_path, later)
    assert first.is_new
    assert files(tmp_path)["ca.crt"] != before
    leaf = x509.load_pem_x509_certificate((tmp_path / "gateway.crt").read_bytes())
    leaf.verify_directly_issued_by(
        x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    )


@pytest.mark.parametrize("name", ["ca.crt", "ca.key"])
@pytest.mark.parametrize("how", ["cut", "gone", "another's"])
def test_an_authority_that_is_not_whole_is_left_to_a_person(
    tmp_path: Path, name: str, how: str
) -> None:
    list(make_certificates(tmp_path, NOW))
    list(make_certificates(tmp_path / "other", NOW))
    match how:
        case "cut":
            (tmp_path / name).write_bytes(b"-----BEGIN")
        case "gone":
            (tmp_path / name).unlink()
        case _:
            (tmp_path / name).write_bytes((tmp_path / "other" / name).read_bytes())
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*")}
    with pytest.raises(CertificatesError, match="repair it, or remove both files"):
        list(make_certificates(tmp_path, NOW))
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.*")} == before


def test_a_missing_one_is_told_with_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(CertificatesError, match=r"make certs"):
        certificate_paths(tmp_path, "gateway")
    list(make_certificates(tmp_path, NOW))
    assert certificate_paths(tmp_path, "gateway").key == tmp_path / "gateway.key"


def test_the_command_makes_them_and_says_until_when(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--folder", str(tmp_path), "--days", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("made  ca         expires 20")
    assert len(lines) == len(LEAVES) + 2
    assert main(["--folder", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("kept  ca ")
    (tmp_path / "ca.key").unlink()
    assert main(["--folder", str(tmp_path)]) == 1
    assert "repair it" in capsys.readouterr().err
