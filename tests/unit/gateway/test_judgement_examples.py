from pydantic import TypeAdapter

from services.gateway.judgement_examples import EXPLANATION, REJUDGED_CHECK, REJUDGED_LIST
from services.gateway.schemas.judgement import Explanation, RejudgedCheck, RejudgedList


def test_the_examples_of_verdicts_are_whole() -> None:
    rejudged = TypeAdapter(RejudgedCheck).validate_python(REJUDGED_CHECK, strict=True)
    assert rejudged["check"]["rejudged_at"] == "2026-04-24T10:00:00Z"
    assert rejudged["difference"]["changed"] == ["kind", "rules_version"]
    page = TypeAdapter(RejudgedList).validate_python(REJUDGED_LIST, strict=True)
    assert [item["difference"] is None for item in page["data"]] == [False, True]
    assert [item["error"] is None for item in page["data"]] == [True, False]
    explanation = TypeAdapter(Explanation).validate_python(EXPLANATION, strict=True)
    roles = {rule["role"]: rule for rule in explanation["rules"]}
    assert list(roles) == ["decided", "gated", "considered"]
    # What saw nothing has nothing to show.
    assert [role for role, rule in roles.items() if not rule["evidence"]] == ["considered"]
