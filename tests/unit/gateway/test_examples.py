from pydantic import TypeAdapter

from outscope.representation.check import Check
from services.gateway.examples import COMPLETED_CHECK


def test_the_example_is_a_whole_completed_check() -> None:
    example = TypeAdapter(Check).validate_python(COMPLETED_CHECK, strict=True)
    assert example["status"] == "completed"
    assert example["analysis"] is not None
    assert example["dns"] is not None
    kinds = [records["kind"] for records in example["dns"]["records"]]
    assert kinds == ["caa", "mx", "ns", "spf", "dmarc"]
    assert all(records["values"] for records in example["dns"]["records"])
    assert example["request"]["dns_records"]
    assert example["ports"][0]["tls"] is not None
    assert example["ports"][0]["tls"]["expires_at"] == "2027-01-01T00:00:00Z"
    versions = example["ports"][0]["tls"]["versions"]
    assert [each["accepted"] for each in versions] == [False, False, True, True]
    assert example["request"]["tls_versions"]
    assert example["paths"][0]["status_code"] == 200
    assert example["paths"][0]["address"] is not None
    assert example["paths"][0]["timing"] is not None
    assert None not in example["paths"][0]["timing"].values()
    assert [other["address"] for other in example["paths"][0]["other_addresses"]] != []
    assert [hop["cross_host"] for hop in example["paths"][1]["redirects"]] == [True]
    assert example["ports"][0]["probe"] is not None
    assert example["ports"][0]["probe"]["status_code"] == 200
    assert example["failure"] is None
