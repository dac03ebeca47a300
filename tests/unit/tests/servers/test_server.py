from pathlib import Path

import pytest

from services.prober.facts import Discovery
from tests.servers.server import MAKES, ServersError, servers

WRITTEN = """
about = "A server."
make = "Make"
source = "python"
command = ["@interpreter@", "-m", "http.server"]

[[case]]
name = "front"
why = "It lists files."
analyzability = "analyzable"
kind = "static_files"
auth_detected = false
api_doc_detected = false
service = "http"
"""
OTHER_SERVICE = WRITTEN.replace("static_files", "other_service")


def put(root: Path, name: str, text: str = WRITTEN) -> None:
    folder = root / name
    folder.mkdir()
    (folder / "server.toml").write_text(text, "utf-8")


def test_a_server_is_read_with_what_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, "file_server")
    (server,) = servers(tmp_path)
    assert (server.name, server.fqdn) == ("file_server", "file-server.test")
    assert (server.ports, server.setup, server.ready) == (("port",), (), None)
    (case,) = server.cases
    assert (case.name, case.paths, case.max_redirects) == ("file_server/front", ("/",), 0)
    assert case.discovery is Discovery.STANDARD
    assert case.expected == {
        "analyzability": "analyzable",
        "analyzable": True,
        "kind": "static_files",
        "auth_detected": False,
        "api_doc_detected": False,
        "service": "http",
    }


@pytest.mark.parametrize(("text", "speaks_http"), [(WRITTEN, True), (OTHER_SERVICE, False)])
def test_what_is_another_service_alone_speaks_no_http(
    tmp_path: Path, text: str, *, speaks_http: bool
) -> None:
    put(tmp_path, "x", text)
    (server,) = servers(tmp_path)
    assert server.speaks_http is speaks_http


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('make = "Make"', "", "'make' is a required property"),
        ("static_files", "files", "'files' is not one of"),
        ('"It lists files."', '"no sentence"', "does not match"),
        ("about", "abuot", "Additional properties"),
        ("[[case]]", "[[case]", "x: "),
    ],
)
def test_each_fault_is_told(tmp_path: Path, old: str, new: str, fault: str) -> None:
    put(tmp_path, "x", WRITTEN.replace(old, new))
    with pytest.raises(ServersError, match=fault):
        servers(tmp_path)


def test_the_servers_of_the_corpus_are_of_enough_makes_and_have_what_they_name() -> None:
    found = servers()
    assert len({server.make for server in found}) >= 25
    for server in found:
        assert server.folder == MAKES / server.name
        for name in server.templates:
            assert (server.folder / name).is_file(), server.name
