"""A vantage point is added by one command, and everything that depends on it follows."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
import yaml

from deploy.local.binaries import nats_server_program
from deploy.region.accounts import Region, password_name, users
from deploy.region.folder import kustomization, regions_in, rendered
from tests.architecture.tree import ROOT
from tests.kubernetes import manifests
from tests.kubernetes.manifests import K8S, KUBECTL, WITHOUT, kustomizations, of_kind, pod_of
from tests.kubernetes.pods import WORKLOADS, lacks
from tests.kubernetes.test_manifests import VERSIONS, invalid

# Before all others in order, and no name that anybody would give: the tests are run by those who
# have added regions of their own, too.
NEW: Final = "aa-made-by-a-test"


@pytest.fixture
def k8s(tmp_path: Path) -> Path:
    return Path(shutil.copytree(K8S, tmp_path / "k8s"))


def region(k8s: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.region", *arguments, "--k8s", str(k8s)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


def vantage_points(documents: tuple[manifests.Document, ...]) -> str:
    """Return what the schedulers are told of the vantage points there are."""
    (settings,) = [
        each["data"]
        for each in of_kind(documents, "ConfigMap")
        if "OUTSCOPE_VANTAGE_POINTS" in each["data"]
    ]
    return str(settings["OUTSCOPE_VANTAGE_POINTS"])


def test_what_is_committed_is_in_step_with_the_regions() -> None:
    assert [
        file.name for file, text in rendered(K8S).items() if file.read_text("utf-8") != text
    ] == []
    for each in regions_in(K8S):
        written = K8S / "regions" / each.name / "kustomization.yaml"
        assert written.read_text("utf-8") == kustomization(each)


@pytest.mark.parametrize("options", [(), ("--edge",)])
def test_a_region_of_one_account_serves_and_judges_for_nobody_else(
    k8s: Path, options: tuple[str, ...]
) -> None:
    account_id = "acc_01k3x8z6q2b4n7m9r5t1v0w3yc"
    made = region(k8s, NEW, *options, "--owner", account_id)
    assert made.returncode == 0, made.stderr
    (found,) = [each for each in regions_in(k8s) if each.name == NEW]
    assert found.owner == account_id
    folder = k8s / "regions" / NEW
    made_of = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    assert f"OUTSCOPE_OWNER={account_id}" in made_of["configMapGenerator"][0]["literals"]
    # It is the default vantage point of nobody, though its name comes first.
    assert f"={NEW}" not in (k8s / "base/kustomization.yaml").read_text("utf-8")
    accounts = ((folder if options else k8s / "nats") / "accounts.conf").read_text("utf-8")
    (_, _, member) = accounts.partition(f"user: prober-{NEW},")
    (mine, _, _) = member.partition("} }")
    assert "presence." in mine
    assert "judge" not in mine
    assert region(k8s, f"{NEW}-2", "--owner", "acme").returncode == 2


@pytest.mark.parametrize("options", [(), ("--edge",)])
def test_the_tags_of_a_new_region_are_told_to_its_probers(
    k8s: Path, options: tuple[str, ...]
) -> None:
    made = region(k8s, NEW, *options, "--tags", "provider:aws,continent:as")
    assert made.returncode == 0, made.stderr
    tags = ("continent:as", "provider:aws")
    assert Region(name=NEW, is_edge=bool(options), tags=tags) in regions_in(k8s)
    made_of = yaml.safe_load((k8s / "regions" / NEW / "kustomization.yaml").read_text("utf-8"))
    assert "OUTSCOPE_TAGS=continent:as,provider:aws" in made_of["configMapGenerator"][0]["literals"]
    refused = region(k8s, f"{NEW}-2", "--tags", "Asia")
    assert refused.returncode == 2
    assert "TAGS: 'Asia' must be key:value" in refused.stderr


@pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)
@pytest.mark.parametrize("options", [(), ("--edge",)])
def test_a_new_region_passes_all_that_the_others_pass(k8s: Path, options: tuple[str, ...]) -> None:
    made = region(k8s, NEW, *options)
    assert made.returncode == 0, made.stderr
    assert Region(name=NEW, is_edge=bool(options)) in regions_in(k8s)
    for folder in kustomizations(k8s):
        documents = manifests.rendered(folder)
        for workload in of_kind(documents, *WORKLOADS):
            assert lacks(workload) == []
            assert invalid(workload, VERSIONS[0]) == ""
    (prober,) = [
        each
        for each in of_kind(manifests.rendered(k8s / "regions" / NEW), "Deployment")
        if each["metadata"]["name"].startswith("prober")
    ]
    variables = {each["name"]: each for each in pod_of(prober)["containers"][0]["env"]}
    key = variables["NATS_PASSWORD"]["valueFrom"]["secretKeyRef"]["key"]
    assert key == "NATS_PROBER_AA_MADE_BY_A_TEST_PASSWORD"


@pytest.mark.skipif(KUBECTL is None, reason=WITHOUT)
def test_a_new_region_is_known_to_schedulers_scaled_and_part_of_production(k8s: Path) -> None:
    assert region(k8s, NEW).returncode == 0
    documents = manifests.rendered(k8s / "overlays/production")
    before = vantage_points(manifests.rendered(K8S / "overlays/production"))
    assert vantage_points(documents) == f"{NEW},{before}"
    names = [each["metadata"]["name"] for each in of_kind(documents, "Deployment", "ScaledObject")]
    assert names.count(f"prober-{NEW}") == 2


@pytest.mark.parametrize("options", [(), ("--edge",)])
def test_the_bus_takes_the_accounts_of_a_new_region(
    k8s: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    region(k8s, NEW, *options)
    # Certificates and names are of the cluster; what is looked at is who may do what.
    (k8s / "nats/here.conf").write_text(
        f'jetstream {{ store_dir: "{tmp_path}" }}\ninclude ./accounts.conf\n'
        "leafnodes { listen: 127.0.0.1:7422\n include ./leafnodes.conf\n}\n",
        "utf-8",
    )
    variables = {password_name(user): "s1" for user in users(regions_in(k8s))}
    looked = subprocess.run(
        [nats_server_program(), "-t", "--config", k8s / "nats/here.conf"],
        env=variables,
        check=False,
        capture_output=True,
        text=True,
    )
    assert "is valid" in looked.stdout + looked.stderr
    assert NEW in (k8s / "nats/accounts.conf").read_text("utf-8")


@pytest.mark.parametrize("name", ["Ap-south", "a.b", "x" * 41, "-a", "eu-west-1"])
def test_a_name_that_cannot_be_is_refused_and_nothing_changes(k8s: Path, name: str) -> None:
    before = {file: file.read_bytes() for file in k8s.rglob("*") if file.is_file()}
    refused = region(k8s, name) if name != "-a" else region(k8s, "--", name)
    assert refused.returncode == 2
    assert "NAME=" in refused.stderr or name == "-a"
    assert {file: file.read_bytes() for file in k8s.rglob("*") if file.is_file()} == before


def test_secrets_are_printed_as_kubectl_takes_them(k8s: Path) -> None:
    printed = yaml.safe_load(region(k8s, "--secrets").stdout)
    assert printed["kind"] == "List"
    assert {item["metadata"]["name"] for item in printed["items"]} == {
        *("outscope", "nats-users", "postgres-owner"),
    }
    assert [fault for item in printed["items"] if (fault := invalid(item, VERSIONS[0]))] == []
