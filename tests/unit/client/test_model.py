"""An answer is a dict and an object at once."""

import json

import pytest
from outscope_client.models import Check, CheckList, DnsRecords

from services.gateway.examples import COMPLETED_CHECK


def test_an_answer_is_read_as_the_reference_reads_it_and_by_its_attributes() -> None:
    response = CheckList(
        {
            "data": [{"id": "chk_abc123", "fqdn": "example.com"}],
            "pagination": {"next_cursor": "cur_xyz789", "has_more": True},
        }
    )
    assert response["pagination"]["has_more"] is response.pagination.has_more is True
    assert response["data"][0]["id"] == response.data[0].id == "chk_abc123"


def test_a_whole_check_is_the_same_json_as_it_came() -> None:
    check = Check(dict(COMPLETED_CHECK))
    assert json.loads(json.dumps(check)) == json.loads(json.dumps(COMPLETED_CHECK))
    assert check.analysis is not None
    assert check.analysis.reasons[0].evidence[0].rule
    assert check.ports[0].tls is None or isinstance(check.ports[0].tls.valid, bool)
    assert check.failure is None


def test_what_this_version_does_not_know_is_there_and_what_was_not_sent_is_said_so() -> None:
    check = Check({"id": "chk_abc123", "colour": "blue", "later": [{"part": {"name": "x"}}]})
    assert check.later[0].part.name == "x"
    assert check.colour == check["colour"] == "blue"
    with pytest.raises(AttributeError, match="This Check has no 'dns'"):
        _ = check.dns
    assert not hasattr(check, "dns")


def test_a_member_named_like_a_method_of_dict_is_there_by_its_key() -> None:
    records = DnsRecords({"kind": "mx", "values": ["10 mail.example.com."]})
    assert records["values"] == ["10 mail.example.com."]
    assert list(records.values()) == ["mx", ["10 mail.example.com."]]


def test_a_null_stays_null_where_an_object_may_be() -> None:
    assert Check({"analysis": None}).analysis is None
    assert repr(Check({"id": "x"})) == "Check({'id': 'x'})"
