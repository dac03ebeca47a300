from docs.produced import Producer
from docs.render import OutcomeRow, errors_page, outcome_rows, outcomes_page, pages
from outscope.errors import ErrorRow
from outscope.failures import FailureReason, FailureRow
from outscope.v1 import facts_pb2

SILENT = Producer(path="tests/integration/test_x.py", name="test_silence_is_told")
LINK = "[silence is told](../tests/integration/test_x.py)"
PROTO = """
enum Other {
  OUTCOME_CODE_NOT_THIS = 1;
}
enum OutcomeCode {
  OUTCOME_CODE_UNSPECIFIED = 0;
  // The stage succeeded.
  OUTCOME_CODE_OK = 1;

  // The name does not exist,
  // and nothing below it.
  OUTCOME_CODE_DNS_NXDOMAIN = 10;
  OUTCOME_CODE_TCP_REFUSED = 30;
}
enum Later {
  OUTCOME_CODE_NOT_THIS_EITHER = 1;
}
"""


def test_outcomes_are_read_with_the_comment_above_them() -> None:
    assert outcome_rows(PROTO) == [
        OutcomeRow(code="ok", meaning="The stage succeeded."),
        OutcomeRow(code="dns_nxdomain", meaning="The name does not exist, and nothing below it."),
        OutcomeRow(code="tcp_refused", meaning=""),
    ]


def test_an_outcome_stands_under_its_stage_with_its_owner() -> None:
    page = outcomes_page(
        [OutcomeRow(code="dns_timeout", meaning="Nobody answered.")],
        owner_of=lambda _: "resolver",
        failures=[],
        shown_by=lambda _: [SILENT],
    )
    section = page.partition("## Resolving the name")[2].partition("##")[0]
    assert f"| `dns_timeout` | resolver | Nobody answered. | {LINK} |" in section


def test_an_outcome_that_no_test_shows_is_told_to_come_of_nothing() -> None:
    row = OutcomeRow(code="policy_refused", meaning="Forbidden.")
    page = outcomes_page([row], owner_of=lambda _: "policy", failures=[], shown_by=lambda _: [])
    assert "| `policy_refused` | policy | Forbidden. | nothing: no stage ends so" in page


def test_a_refusal_is_one_row() -> None:
    row = ErrorRow(code="gone", grpc_code="NOT_FOUND", http_status=410, summary="It was here.")
    assert errors_page([row]).endswith("| `gone` | 410 | `NOT_FOUND` | It was here. |\n")


def test_a_reason_to_fail_is_one_row_with_its_owner() -> None:
    row = FailureRow(reason=FailureReason.INTERNAL, owner="ours", summary="A defect.")
    page = outcomes_page([], owner_of=lambda _: "", failures=[row], shown_by=lambda _: [SILENT] * 2)
    assert (
        f"| `internal` | ours | A defect. | {LINK}; {LINK} |"
        in page.partition("## A check that failed")[2]
    )


def test_the_page_of_outcomes_has_every_value_of_the_contract_with_a_meaning() -> None:
    page = pages()["outcomes.md"].partition("## A check that failed")[0]
    codes = [
        name.removeprefix("OUTCOME_CODE_").lower()
        for name in facts_pb2.OutcomeCode.DESCRIPTOR.values_by_name
    ]
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert sorted(line.split("`")[1] for line in rows) == sorted(set(codes) - {"unspecified"})
    assert [line for line in rows if line.endswith("|  |")] == []
