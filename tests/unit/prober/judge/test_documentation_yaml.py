import pytest

from services.prober.judge.documentation_yaml import description_in_yaml


@pytest.mark.parametrize(
    ("text", "format_"),
    [
        ("openapi: 3.0.0\ninfo:\n  title: x\npaths:\n  /a:\n    get: {}\n", "openapi"),
        ("---\n# c\n'openapi': '3.1.0'\ninfo: {}\ncomponents: {}\n", "openapi"),
        ('swagger: "2.0"\r\ninfo:\r\n  title: x\r\npaths: {}\r\n', "swagger"),
        ("asyncapi: 2.6.0\ninfo: {}\nservers:\n- url: x\nchannels: {}\n", "asyncapi"),
    ],
)
def test_a_description_is_known_by_its_top_level_keys(text: str, format_: str) -> None:
    found = description_in_yaml(text, truncated=False)
    assert found is not None
    assert found[0] == format_


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openapi: 3.0.0\n",
        "openapi: 3.0.0\ninfo: {}\n",
        "openapi: 4.0.0\ninfo: {}\npaths: {}\n",
        "x: 1\n  openapi: 3.0.0\ninfo: {}\npaths: {}\n",
        "openapi: 3.0.0\nThis is prose.\ninfo: {}\npaths: {}\n",
        "openapi: 3.0.0\ninfo: {}\npaths: {}\n" + "".join(f"k{i}: 1\n" for i in range(100)),
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert description_in_yaml(text, truncated=False) is None


def test_a_cut_text_may_end_in_half_a_key_and_lack_its_paths() -> None:
    text = "openapi: 3.0.0\ninfo:\n  title: x\nserv"
    assert description_in_yaml(text, truncated=True) == ("openapi", "openapi: 3.0.0")
    assert description_in_yaml(text, truncated=False) is None


def test_a_key_said_over_and_over_ends_the_reading() -> None:
    text = "openapi: 3.0.0\ninfo: {}\npaths: {}\n" + "a: 1\n" * 13_000
    assert description_in_yaml(text, truncated=False) is None


def test_paths_far_below_a_long_component_are_found() -> None:
    text = "components:\n" + "  a: 1\n\n" * 5000 + "info: {}\nopenapi: 3.0.0\npaths: {}\n...\n"
    assert description_in_yaml(text, truncated=False) == ("openapi", "openapi: 3.0.0")


def test_a_cut_text_with_two_names_is_what_its_members_show() -> None:
    text = "swagger: 2.0\nasyncapi: 2.6.0\ninfo: {}\nchannels: {}\n"
    told = ("asyncapi", "asyncapi: 2.6.0")
    assert description_in_yaml(text, truncated=False) == told
    assert description_in_yaml(text, truncated=True) == told
