import pytest

from outscope.errors import InvalidRequest
from services.gateway.schemas.delivery import DeliveryListQuery, SinceQuery
from services.gateway.schemas.request import validated


def test_a_status_may_be_left_out_and_is_never_null() -> None:
    assert validated(DeliveryListQuery, {}).status is None
    status = DeliveryListQuery.model_json_schema()["properties"]["status"]
    assert status["enum"] == ["pending", "delivered", "failed", "held"]
    assert "anyOf" not in status
    assert "default" not in status


def test_since_is_required() -> None:
    with pytest.raises(InvalidRequest, match="since is required") as refusal:
        validated(SinceQuery, {})
    assert refusal.value.field == "since"
