"""Every error.code has its class, and others the nearest."""

from outscope_client.errors import BY_CODE, APIError, InternalError, ServerError, error_class

from outscope.errors import ERROR_TABLE


def test_every_code_of_the_table_of_errors_has_a_class_of_its_own() -> None:
    codes = {row.code for row in ERROR_TABLE}
    assert codes == BY_CODE.keys()
    assert len(set(BY_CODE.values())) == len(codes)


def test_a_code_that_is_not_known_has_the_class_of_its_status() -> None:
    assert error_class("made_up_later", 418) is APIError
    assert error_class("made_up_later", 599) is ServerError
    assert error_class("internal_error", 500) is InternalError


def test_an_error_shows_its_message_its_code_and_its_request() -> None:
    error = InternalError("It broke", status=500, error_code="internal_error", request_id="req_1")
    assert str(error) == "It broke (internal_error, req_1)"
    assert str(APIError("Bad gateway", status=502)) == "Bad gateway (502)"
