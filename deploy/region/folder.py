"""Writes the files of a vantage point, and brings what depends on all of them in step.

Law: a region is a folder with a kustomization of shared components and nothing else that a person
would have to keep; all that follows from the set of regions is rendered from the folders.
"""

import re
from pathlib import Path
from typing import Final

from deploy.region.accounts import (
    Region,
    accounts_conf,
    edge_conf,
    leafnodes_conf,
    password_name,
)
from deploy.region.scaling import hpa_yaml, keda_yaml

_EDGE_COMPONENT: Final = "../../edge"
_VANTAGE_POINTS: Final = re.compile(r"^(\s*- OUTSCOPE_VANTAGE_POINTS=).*$", re.MULTILINE)
_REGIONS: Final = re.compile(r"^(  # regions: made by make region\n)(?:  - .*\n)*", re.MULTILINE)
_TAGS: Final = re.compile(r"^ +- OUTSCOPE_TAGS=(.+)$", re.MULTILINE)
_OWNER: Final = re.compile(r"^ +- OUTSCOPE_OWNER=(.+)$", re.MULTILINE)
_KUSTOMIZATION: Final = """\
# The vantage point {name}; made by make region NAME={name}{option}.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: outscope
nameSuffix: -{name}
labels:
  - pairs:
      app.kubernetes.io/part-of: outscope
      outscope.dev/vantage-point: {name}
    includeSelectors: true
    includeTemplates: true
components:
{components}
configMapGenerator:
  - name: prober
    literals:
      - VANTAGE_POINT={name}
      - NATS_SERVER={server}
      - OUTSCOPE_HEALTH_LISTEN=0.0.0.0:8081
{told}{edge}patches:
  # Its own password, which no other region has.
  - target: {{kind: Deployment, name: prober}}
    patch: |-
{password}"""
_EDGE: Final = """\
      # Where the central servers take leaf nodes, and as whom this one comes.
      - NATS_HUB=nats.example.com:7422
      - NATS_LEAF_USER=edge-{name}
  - name: nats-accounts
    files: [accounts.conf]
"""
_EDGE_PATCH: Final = """\
  - target: {{kind: Deployment, name: nats}}
    patch: |-
{leaf}{prober}"""
_KEY: Final = """\
      - op: replace
        path: /spec/template/spec/containers/0/env/{place}/valueFrom/secretKeyRef/key
        value: {name}
"""


def regions_in(k8s: Path) -> list[Region]:
    """Return every region there is, by name."""
    folders = sorted(folder for folder in (k8s / "regions").iterdir() if folder.is_dir())
    return [_region_in(folder) for folder in folders]


def _region_in(folder: Path) -> Region:
    text = (folder / "kustomization.yaml").read_text("utf-8")
    tags, owner = _TAGS.search(text), _OWNER.search(text)
    return Region(
        name=folder.name,
        is_edge=f"- {_EDGE_COMPONENT}\n" in text,
        tags=tuple(tags[1].split(",")) if tags else (),
        owner=owner[1] if owner else "",
    )


def add_region(k8s: Path, region: Region) -> None:
    """Write a new region; raises FileExistsError when there is one of its name."""
    folder = k8s / "regions" / region.name
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(kustomization(region), "utf-8")


def kustomization(region: Region) -> str:
    """Return the one file that makes a region."""
    components = ["../../prober", *([_EDGE_COMPONENT] if region.is_edge else [])]
    password = password_name(f"prober-{region.name}")
    text = _KUSTOMIZATION.format(
        name=region.name,
        option=" EDGE=1" if region.is_edge else "",
        components="\n".join(f"  - {component}" for component in components),
        server=f"nats-{region.name}:4222" if region.is_edge else "nats:4222",
        told=_told(region),
        edge=_EDGE.format(name=region.name) if region.is_edge else "",
        password=_KEY.format(place=0, name=password),
    )
    return text + _edge_patch(region, password) if region.is_edge else text


def _told(region: Region) -> str:
    """Return what its probers say of themselves."""
    settings = {"OUTSCOPE_TAGS": ",".join(region.tags), "OUTSCOPE_OWNER": region.owner}
    return "".join(f"      - {name}={value}\n" for name, value in settings.items() if value)


def _edge_patch(region: Region, password: str) -> str:
    """Return what gives the leaf node its two passwords: its own, and that of its probers."""
    leaf = password_name(f"edge-{region.name}")
    return _EDGE_PATCH.format(
        leaf=_KEY.format(place=1, name=leaf), prober=_KEY.format(place=2, name=password)
    )


def rendered(k8s: Path) -> dict[Path, str]:
    """Return what every file that depends on the regions must hold."""
    regions = regions_in(k8s)
    central = [region for region in regions if not region.is_edge]
    base = k8s / "base/kustomization.yaml"
    files = {
        k8s / "nats/accounts.conf": accounts_conf(regions),
        k8s / "nats/leafnodes.conf": leafnodes_conf(regions),
        k8s / "scaling/keda/scaling.yaml": keda_yaml(central),
        k8s / "scaling/hpa/scaling.yaml": hpa_yaml(central),
        base: _VANTAGE_POINTS.sub(
            rf"\g<1>{','.join(region.name for region in central if not region.owner)}",
            base.read_text("utf-8"),
        ),
    }
    for region in regions:
        if region.is_edge:
            files[k8s / "regions" / region.name / "accounts.conf"] = edge_conf(region)
    listed = "".join(f"  - ../../regions/{region.name}\n" for region in central)
    for overlay in (k8s / "overlays/dev", k8s / "overlays/production"):
        file = overlay / "kustomization.yaml"
        files[file] = _REGIONS.sub(rf"\g<1>{listed}", file.read_text("utf-8"))
    return files


def render(k8s: Path) -> list[Path]:
    """Bring those files in step; return those that were not."""
    changed = [
        file
        for file, text in rendered(k8s).items()
        if not file.exists() or file.read_text("utf-8") != text
    ]
    for file, text in rendered(k8s).items():
        if file in changed:
            file.write_text(text, "utf-8")
    return changed
