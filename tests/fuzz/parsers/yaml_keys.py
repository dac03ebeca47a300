"""A YAML description: known by keys and versions that stand in the text, or nothing."""

from services.prober.judge.documentation_yaml import description_in_yaml
from tests.fuzz.target import Target

_BEGINNINGS = {"openapi": ("3.",), "swagger": ("2.",), "asyncapi": ("2.", "3.")}


def check(noise: bytes) -> None:
    """Read noise as a description, whole and cut."""
    text = noise.decode(errors="replace")
    whole, parted = (description_in_yaml(text, truncated=truncated) for truncated in (False, True))
    # A text that is cut needs less to be known.
    assert whole is None or whole == parted
    if parted is not None:
        name, shown = parted
        assert shown.startswith(tuple(f"{name}: {one}" for one in _BEGINNINGS[name]))
        assert len(shown) <= 256
        assert shown.partition(": ")[2] in text
        assert name in text
        assert "info" in text


TARGET = Target(
    check=check,
    seeds=(
        b"openapi: 3.0.0\ninfo:\n  title: x\npaths:\n  /a:\n    get: {}\n",
        b"---\n# c\n'openapi': '3.1.0'\ninfo: {}\ncomponents: {}\n...\n",
        b'swagger: "2.0"\r\ninfo:\r\n  title: x\r\npaths: {}\r\n',
        b"asyncapi: 2.6.0\ninfo: {}\nservers:\n- url: x\nchannels: {}\n",
        b"openapi: 3.0.0\ninfo:\n  title: x\nserv",
        b"asyncapi: 2.6.0\ninfo: {}\nswagger: 2.0\ncomponents: {}\n",
    ),
)
