"""The running system against its own OpenAPI document, by generated requests.

Needs the fixture `system`: `rest` is its REST address, `api_key` a key. The number of requests is
bounded, and the key's rate limit should be off.
"""

from typing import Any, Protocol

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from services.gateway.openapi import openapi_document
from services.gateway.routes import OPERATIONS

load_all_checks()

# What the schema allows the domain may still refuse: a name that is none, a cursor of nobody's.
EXCLUDED_CHECKS: list[schemathesis.CheckFunction] = [positive_data_acceptance]

schema = schemathesis.openapi.from_dict(openapi_document(OPERATIONS))


class System(Protocol):
    """What these tests need to know of a running system."""

    @property
    def rest(self) -> str: ...
    @property
    def api_key(self) -> str: ...


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_documented(case: schemathesis.Case[Any], system: System) -> None:
    case.call_and_validate(
        base_url=system.rest,
        headers={"x-api-key": system.api_key},
        excluded_checks=EXCLUDED_CHECKS,
        timeout=10,
    )
