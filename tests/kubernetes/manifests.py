"""What kubectl makes of the kustomizations, each rendered once."""

import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import yaml

from tests.architecture.tree import ROOT

K8S: Final = ROOT / "deploy/k8s"
KUBECTL: Final = shutil.which("kubectl")
WITHOUT: Final = "kubectl is not installed, and nothing else renders kustomizations as it does"

Document = dict[str, Any]


def kustomizations(k8s: Path = K8S) -> list[Path]:
    """Return every folder that is rendered by itself; components are only part of others."""
    return sorted(
        file.parent
        for file in k8s.rglob("kustomization.yaml")
        if yaml.safe_load(file.read_text("utf-8"))["kind"] == "Kustomization"
    )


def named(folder: Path) -> str:
    return folder.relative_to(K8S).as_posix() if folder.is_relative_to(K8S) else folder.name


@functools.cache
def rendered(folder: Path) -> tuple[Document, ...]:
    """Return the documents of a kustomization."""
    assert KUBECTL is not None
    printed = subprocess.run(
        [KUBECTL, "kustomize", str(folder)], check=False, capture_output=True, text=True
    )
    assert printed.returncode == 0, printed.stderr
    return tuple(yaml.safe_load_all(printed.stdout))


def of_kind(documents: tuple[Document, ...], *kinds: str) -> list[Document]:
    return [document for document in documents if document["kind"] in kinds]


def pod_of(workload: Document) -> Document:
    pod: Document = workload["spec"]["template"]["spec"]
    return pod


def label(document: Document) -> str:
    """Return a document's kind and name."""
    return f"{document['kind']} {document['metadata']['name']}"
