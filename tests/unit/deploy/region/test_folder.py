from pathlib import Path

import pytest
import yaml

from deploy.region.accounts import Region
from deploy.region.folder import add_region, kustomization, regions_in, render

CENTRAL = Region(name="eu-west-1")
EDGE = Region(name="far-1", is_edge=True)


@pytest.fixture
def k8s(tmp_path: Path) -> Path:
    """Return the least that regions can be added to."""
    for folder in ("regions", "nats", "base", "scaling/keda", "scaling/hpa"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "base/kustomization.yaml").write_text("  - OUTSCOPE_VANTAGE_POINTS=x\n  - Z=1\n")
    for overlay in ("dev", "production"):
        (tmp_path / "overlays" / overlay).mkdir(parents=True)
        (tmp_path / "overlays" / overlay / "kustomization.yaml").write_text(
            "resources:\n  # regions: made by make region\n  - ../../regions/x\n"
            "components:\n  - y\n"
        )
    return tmp_path


def test_a_region_is_what_its_folder_says(k8s: Path) -> None:
    add_region(k8s, EDGE)
    add_region(k8s, CENTRAL)
    assert regions_in(k8s) == [CENTRAL, EDGE]


def test_a_region_is_not_written_over_another(k8s: Path) -> None:
    add_region(k8s, CENTRAL)
    with pytest.raises(FileExistsError):
        add_region(k8s, Region(name="eu-west-1", is_edge=True))
    assert regions_in(k8s) == [CENTRAL]


def test_whatever_follows_from_the_regions_follows_and_all_else_stays(k8s: Path) -> None:
    add_region(k8s, CENTRAL)
    add_region(k8s, EDGE)
    assert render(k8s)
    assert render(k8s) == []
    base = (k8s / "base/kustomization.yaml").read_text("utf-8")
    assert base == "  - OUTSCOPE_VANTAGE_POINTS=eu-west-1\n  - Z=1\n"
    for overlay in ("dev", "production"):
        text = (k8s / "overlays" / overlay / "kustomization.yaml").read_text("utf-8")
        assert yaml.safe_load(text) == {
            "resources": ["../../regions/eu-west-1"],
            "components": ["y"],
        }
    assert "prober-far-1" in (k8s / "regions/far-1/accounts.conf").read_text("utf-8")
    assert not (k8s / "regions/eu-west-1/accounts.conf").exists()


def test_each_region_is_told_of_its_own_password_alone() -> None:
    assert "NATS_PROBER_EU_WEST_1_PASSWORD" in kustomization(CENTRAL)
    assert "EDGE" not in kustomization(CENTRAL)
    assert kustomization(EDGE).count("NATS_PROBER_FAR_1_PASSWORD") == 2
    assert "NATS_EDGE_FAR_1_PASSWORD" in kustomization(EDGE)
