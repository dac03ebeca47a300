from services.gateway.routes import OPERATIONS

REFUSING = {operation.path for operation in OPERATIONS if operation.refuses_parameters}


def test_reads_that_take_no_parameters_refuse_them() -> None:
    assert {"/v1/vantage-points", "/v1/usage"} <= REFUSING


def test_what_takes_parameters_and_what_anybody_may_read_refuses_none() -> None:
    taking = {operation.path for operation in OPERATIONS if operation.query is not None}
    open_to_all = {operation.path for operation in OPERATIONS if not operation.needs_key}
    assert {"/v1/checks", "/v1/check/latest"} <= taking
    assert "/openapi.json" in open_to_all
    reads = {each.path for each in OPERATIONS if each.method == "GET"}
    assert reads - taking - open_to_all == REFUSING
