import json as jsonlib

import pytest

from services.prober.judge.documentation_security import applies_security, operations_in
from services.prober.judge.json_members import CUT

APPLIED = {
    "to all operations": '{"security":[{"key":[]}]}',
    "to one operation": '{"paths":{"/a":{"get":{"security":[{"key":[]}]}}}}',
    "to whoever has one": '{"security":[{},{"key":[]}]}',
    "to a server of AsyncAPI 2": '{"servers":{"a":{"security":[{"pw":[]}]}}}',
    "to an operation of AsyncAPI 2": '{"channels":{"c":{"publish":{"security":[{"pw":[]}]}}}}',
    "by reference, in AsyncAPI 3": (
        '{"servers":{"a":{"security":[{"$ref":"#/components/securitySchemes/pw"}]}}}'
    ),
    "in its place, in AsyncAPI 3": '{"operations":{"o":{"security":[{"type":"userPassword"}]}}}',
}
NOT_APPLIED = {
    "to nobody": '{"security":[{}]}',
    "to nobody, in an operation": '{"paths":{"/a":{"get":{"security":[{}]}}}}',
    "in empty lists": '{"security":[],"paths":{"/a":{"get":{"security":[]}}}}',
    "null": '{"security":null}',
    "to what is no method": '{"paths":{"/a":{"parameters":{"security":[{"key":[]}]}}}}',
    "to servers of OpenAPI, which have none": '{"servers":[{"security":[{"key":[]}]}]}',
    "in what is no description": '{"paths":[],"operations":5,"channels":{"c":5},"servers":"x"}',
}


@pytest.mark.parametrize("name", APPLIED)
def test_a_scheme_that_is_applied_is_seen(name: str) -> None:
    assert applies_security(jsonlib.loads(APPLIED[name]))


@pytest.mark.parametrize("name", NOT_APPLIED)
def test_what_lets_anybody_in_applies_none(name: str) -> None:
    assert not applies_security(jsonlib.loads(NOT_APPLIED[name]))


def test_what_was_not_read_applies_some_scheme() -> None:
    assert applies_security({"security": CUT})
    assert applies_security({"paths": {"/a": {"get": {"security": [CUT]}}}})


def test_operations_are_those_of_methods() -> None:
    paths = {"/a": {"get": {"x": 1}, "summary": "a", "post": CUT}, "/b": CUT}
    assert list(operations_in({"paths": paths})) == [{"x": 1}, CUT]
