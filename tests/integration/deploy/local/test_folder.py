import json
import stat
from pathlib import Path

import pytest

from deploy.local.folder import ApiKey, DataFolder, FolderInUseError, FolderUnusableError
from services.scheduler.sealing import is_key

KEY = ApiKey(id="key_1", account_id="acc_1", secret="svc_1")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_second_run_is_refused_in_one_line_that_names_the_first(tmp_path: Path) -> None:
    with DataFolder(tmp_path), pytest.raises(FolderInUseError) as refused, DataFolder(tmp_path):
        pass
    assert "in use by another run (process " in str(refused.value)
    assert "--data" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_folder_is_free_again_after_the_run(tmp_path: Path) -> None:
    for _ in range(2):
        with DataFolder(tmp_path):
            pass


def test_secrets_are_random_private_and_the_same_at_every_start(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "a") as one, DataFolder(tmp_path / "b") as other:
        first = one.secrets()
        assert first.service_token != other.secrets().service_token
        assert len({first.service_token, first.nats_password, first.postgres_password}) == 3
    with DataFolder(tmp_path / "a") as again:
        assert again.secrets() == first
    assert mode(tmp_path / "a") == 0o700
    assert mode(tmp_path / "a" / "secrets.json") == 0o600


def test_the_key_that_seals_secrets_is_one_private_and_the_same_at_every_start(
    tmp_path: Path,
) -> None:
    with DataFolder(tmp_path) as folder:
        first = folder.secret_keys()
    with DataFolder(tmp_path) as again, DataFolder(tmp_path / "b") as other:
        assert again.secret_keys() == first
        assert other.secret_keys() != first
    assert is_key(first)
    assert mode(tmp_path / "secret-keys.json") == 0o600


def test_the_api_key_is_kept_private(tmp_path: Path) -> None:
    with DataFolder(tmp_path) as folder:
        assert folder.api_key() is None
        folder.keep_api_key(KEY)
    with DataFolder(tmp_path) as folder:
        assert folder.api_key() == KEY
    assert mode(tmp_path / "api-key.json") == 0o600


def test_endpoints_are_replaced_whole_and_gone_after_the_run(tmp_path: Path) -> None:
    published = tmp_path / "endpoints.json"
    with DataFolder(tmp_path) as folder:
        folder.publish_endpoints({"rest": "one"})
        before = published.stat().st_ino
        folder.publish_endpoints({"rest": "two"})
        assert json.loads(published.read_text()) == {"rest": "two"}
        assert published.stat().st_ino != before
        assert mode(published) == 0o600
    assert not published.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"unknown": 1}'])
def test_a_damaged_file_is_told_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "secrets.json").write_text(content)
    with DataFolder(tmp_path) as folder, pytest.raises(FolderUnusableError, match=r"secrets\.json"):
        folder.secrets()


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnusableError, match="data folder"), DataFolder(tmp_path / "file"):
        pass
