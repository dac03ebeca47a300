"""The running scheduler that gRPC's contract is tested on, and callers of it."""

from tests.integration.scheduler.conftest import bus, database, database_template
from tests.integration.scheduler.rpc.conftest import account, address, caller, service, stranger

__all__ = [
    "account",
    "address",
    "bus",
    "caller",
    "database",
    "database_template",
    "service",
    "stranger",
]
