from dataclasses import replace
from typing import Any

from starlette.responses import Response
from typing_extensions import TypedDict

from outscope.errors import Conflict
from services.gateway.openapi import openapi_document
from services.gateway.operation import Answer, Call, Operation
from services.gateway.schemas.request import RequestModel


class Order(RequestModel):
    """What is asked for."""

    item_name: str


class Receipt(TypedDict):
    """What is given."""

    number: int


async def serve(call: Call) -> Response:
    del call
    return Response()


ORDER = Operation(
    method="POST",
    path="/orders/{shop}",
    run=serve,
    name="createOrder",
    tag="Orders",
    summary="Order",
    parameters={"shop": "Which shop."},
    body=Order,
    body_example={"item_name": "x"},
    answers={201: Answer(description="Ordered.", schema=Receipt, example={"number": 1})},
    refusals=(Conflict,),
)


def described(operation: Operation) -> Any:  # noqa: ANN401 - a document has any shape
    return openapi_document([operation])["paths"][operation.path][operation.method.lower()]


def test_request_and_answer_refer_to_the_schemas_of_their_types() -> None:
    document = openapi_document([ORDER])
    order = described(ORDER)
    reference = order["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/Order"
    assert order["responses"]["201"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Receipt"
    }
    assert document["components"]["schemas"]["Order"] == {
        "title": "Order",
        "type": "object",
        "description": "What is asked for.",
        "properties": {"item_name": {"type": "string"}},
        "required": ["item_name"],
        "additionalProperties": False,
    }


def test_refusals_of_its_own_and_of_every_body_are_told() -> None:
    assert set(described(ORDER)["responses"]) == {
        *("201", "400", "401", "409", "413", "415", "500", "503", "504"),
    }


def test_an_operation_without_a_key_needs_none_and_refuses_none() -> None:
    opened = described(replace(ORDER, needs_key=False, body=None, refusals=()))
    assert opened["security"] == []
    assert set(opened["responses"]) == {"201", "500"}
    assert "requestBody" not in opened


def test_path_parameters_are_required_and_query_parameters_are_not() -> None:
    [shop] = described(ORDER)["parameters"]
    assert (shop["name"], shop["in"], shop["required"]) == ("shop", "path", True)


def test_two_methods_of_one_path_stand_together() -> None:
    shown = replace(ORDER, method="GET", name="listOrders", body=None)
    assert set(openapi_document([ORDER, shown])["paths"]["/orders/{shop}"]) == {"get", "post"}


def test_every_answer_tells_of_its_request_id() -> None:
    document = openapi_document([ORDER])
    assert "x-request-id" in described(ORDER)["responses"]["201"]["headers"]
    for answer in document["components"]["responses"].values():
        assert "x-request-id" in answer["headers"]
