from google.protobuf.descriptor_pool import Default

from outscope.v1 import (  # noqa: F401 - known to the pool once imported
    api_key_service_pb2,
    check_service_pb2,
    judgement_service_pb2,
    webhook_service_pb2,
)
from services.gateway.repeatable import KEYED_CREATES, READS
from services.gateway.routes import OPERATIONS


def test_every_call_that_may_be_repeated_is_one_of_the_contract() -> None:
    for service, method in (*READS, *KEYED_CREATES):
        assert method in Default().FindServiceByName(service).methods_by_name


def test_a_call_that_changes_something_is_repeated_only_under_a_key() -> None:
    assert not set(READS) & set(KEYED_CREATES)
    assert {method for _, method in READS if not method.startswith(("Get", "List"))} == {
        "WatchCheck",
        "ExplainCheck",
    }
    # One for each operation that takes a key.
    assert len(KEYED_CREATES) == sum(operation.creates for operation in OPERATIONS)
