from outscope.v1 import verdict_pb2
from services.prober.judge.verdict import (
    MAX_VALUE_CHARS,
    Action,
    Analyzability,
    Category,
    Confidence,
    Evidence,
    Kind,
    Layer,
    Reason,
    Role,
    Verdict,
    seen,
)


def names(shape: type) -> set[str]:
    return set(shape.__dataclass_fields__)  # type: ignore[attr-defined]  # a dataclass


def test_the_shapes_mirror_the_contract() -> None:
    assert names(Verdict) == {field.name for field in verdict_pb2.Analysis.DESCRIPTOR.fields}
    assert names(Reason) == {field.name for field in verdict_pb2.Reason.DESCRIPTOR.fields}
    assert names(Layer) == {field.name for field in verdict_pb2.Layer.DESCRIPTOR.fields}
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
        "spa",
        "static_files",
        "website",
    ]


def test_states_categories_roles_and_actions_are_the_documented_ones() -> None:
    assert sorted(Analyzability) == ["analyzable", "not_analyzable", "unknown"]
    assert sorted(Confidence) == ["high", "low", "medium"]
    assert sorted(Category) == [
        "Content",
        "Network",
        "Policy",
        "Redirect",
        "Security Blocks",
        "TLS",
    ]
    assert sorted(Role) == [
        "access_proxy",
        "bot_defence",
        "cdn",
        "hosting",
        "load_balancer",
        "waf",
    ]
    assert list(Action) == ["present", "rate_limit", "challenge", "block"]


def test_a_long_value_is_cut() -> None:
    assert seen("r", "f", "x" * 10_000).value == "x" * MAX_VALUE_CHARS
    assert seen("r", "f", 403).value == "403"
