from outscope.v1 import check_service_pb2
from services.gateway.translate.rate_limit import allowance_headers, exceeded_headers


def test_an_allowance_is_three_headers() -> None:
    allowance = check_service_pb2.RateLimit(limit=600, remaining=0, reset_s=60)
    assert allowance_headers(allowance) == {
        "RateLimit-Limit": "600",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "60",
    }


def test_no_limit_is_no_header() -> None:
    assert allowance_headers(check_service_pb2.RateLimit()) == {}


def test_a_refusal_says_when_to_come_back_and_what_it_knows_besides() -> None:
    assert exceeded_headers({"retry_after_s": 7}) == {"Retry-After": "7"}
    assert exceeded_headers({"retry_after_s": 7, "limit": 1, "remaining": 0, "reset_s": 7}) == {
        "Retry-After": "7",
        "RateLimit-Limit": "1",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "7",
    }
