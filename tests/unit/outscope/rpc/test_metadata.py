import pytest

from outscope.rpc.metadata import api_key_in, bearer_in, value_in


def test_the_api_key_comes_from_its_own_key_first() -> None:
    metadata = (("authorization", "Bearer svc_b"), ("x-api-key", "svc_a"))
    assert api_key_in(metadata) == "svc_a"


def test_the_api_key_may_come_as_a_bearer_token() -> None:
    assert api_key_in((("authorization", "bearer svc_b"),)) == "svc_b"


@pytest.mark.parametrize("authorization", [None, "", "Basic c3Zj", "svc_b", "Bearersvc_b"])
def test_other_schemes_carry_no_key(authorization: str | None) -> None:
    assert bearer_in(authorization) is None


def test_binary_metadata_is_no_text() -> None:
    assert value_in((("x-api-key", b"svc_a"),), "x-api-key") is None
    assert value_in(None, "x-api-key") is None
