from outscope.v1 import verdict_pb2
from services.prober.judge.verdict import MAX_VALUE_CHARS, Evidence, Kind, Reason, Verdict, seen


def names(shape: type) -> set[str]:
    return set(shape.__dataclass_fields__)  # type: ignore[attr-defined]  # a dataclass


def test_the_shapes_mirror_the_contract() -> None:
    assert names(Verdict) == {field.name for field in verdict_pb2.Analysis.DESCRIPTOR.fields}
    assert names(Reason) == {field.name for field in verdict_pb2.Reason.DESCRIPTOR.fields}
    assert names(Evidence) == {field.name for field in verdict_pb2.Evidence.DESCRIPTOR.fields}


def test_the_kinds_are_the_documented_ones() -> None:
    assert sorted(Kind) == [
        "api",
        "default_page",
        "login_app",
        "none",
        "other_service",
        "parked",
        "redirector",
        "website",
    ]


def test_a_long_value_is_cut() -> None:
    assert seen("r", "f", "x" * 1000).value == "x" * MAX_VALUE_CHARS
    assert seen("r", "f", 403).value == "403"
