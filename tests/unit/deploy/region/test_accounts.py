import re

from deploy.region.accounts import (
    Region,
    accounts_conf,
    edge_conf,
    leafnodes_conf,
    password_name,
    users,
)
from outscope.bus import subjects

CENTRAL = Region(name="eu-west-1")
ONE = Region(name="edge-1", is_edge=True)
OTHER = Region(name="edge-2", is_edge=True)


def test_a_prober_may_have_made_and_pull_what_its_code_pulls() -> None:
    durable = subjects.jobs_consumer("eu-west-1")
    conf = accounts_conf([CENTRAL])
    for subject in (
        f"$JS.API.CONSUMER.CREATE.{durable.stream}.{durable.name}.{durable.subject}",
        f"$JS.API.CONSUMER.MSG.NEXT.{durable.stream}.{durable.name}",
        f"$JS.ACK.{durable.stream}.{durable.name}.>",
        f"{subjects.prober_inbox('eu-west-1')}.>",
    ):
        assert f'"{subject}"' in conf


def test_no_password_is_written_and_every_one_that_is_named_has_a_user() -> None:
    regions = [CENTRAL, ONE, OTHER]
    named = set(re.findall(r"password: \$(\w+)", accounts_conf(regions) + leafnodes_conf(regions)))
    assert named == {password_name(user) for user in users(regions)}
    assert not re.search(r"password: [^$]", accounts_conf(regions) + edge_conf(ONE))


def test_an_edge_has_an_account_and_is_given_no_other_ones_work() -> None:
    conf = accounts_conf([CENTRAL, ONE, OTHER])
    of_one = conf.partition("  EDGE_EDGE_1 {")[2].partition("\n  }")[0]
    assert "edge-1" in of_one
    assert not re.search(r"edge-2|eu-west-1|judge|deliver", of_one)
    (next_of_one,) = re.findall(r'.*MSG\.NEXT\.JOBS\.prober-edge-1".*accounts: \[(.*?)\]', conf)
    assert next_of_one == "EDGE_EDGE_1"
    assert "user: prober-edge-1" not in conf


def test_what_edges_share_is_exported_once_to_all_of_them() -> None:
    conf = accounts_conf([ONE, OTHER])
    assert re.findall(r'\{ service: "reports", accounts: \[(.*?)\]', conf) == [
        "EDGE_EDGE_1, EDGE_EDGE_2"
    ]


def test_nothing_of_jetstreams_own_subjects_crosses_a_leaf_node() -> None:
    conf = accounts_conf([ONE])
    imported = re.findall(r', to: "(.*?)"', conf)
    assert imported
    assert [subject for subject in imported if subject.startswith("$")] == []
    renamed = set(re.findall(r'^ +"\$.*": "(.*?)"$', edge_conf(ONE), re.MULTILINE))
    assert {subject.replace("*", "$1") for subject in imported if "." in subject} >= renamed
    assert len(renamed) == 5
