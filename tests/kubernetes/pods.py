"""What every pod must have, and what it must not: each rule tells in words what is missing."""

from collections.abc import Iterator
from typing import Any, Final

Document = dict[str, Any]

WORKLOADS: Final = ("Deployment", "StatefulSet", "Job")
ROOT_USER: Final = 0
# How long each may take to end what it has begun (OUTSCOPE_DRAIN, a scheduler's own five seconds,
# the lame duck of NATS), beside what its preStop takes; a job is cut off and begun again.
DRAIN_S: Final = {"gateway": 20, "scheduler": 5, "prober": 10, "notifier": 20, "nats": 30}
# So much longer at least, and no longer than that.
_SLACK_S: Final = (5, 30)


def lacks(workload: Document) -> list[str]:
    """Return what a workload lacks, in words."""
    pod = workload["spec"]["template"]["spec"]
    name = workload["metadata"]["name"]
    faults = [*_pod_faults(pod), *_ending_faults(pod)]
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        faults += _container_faults(container)
        if workload["kind"] != "Job":
            faults += _probe_faults(container)
    if workload["kind"] == "Deployment" and len(pod.get("topologySpreadConstraints", ())) < 2:
        faults.append("may stand all on one node")
    return [f"{name}: {fault}" for fault in faults]


def _pod_faults(pod: Document) -> Iterator[str]:
    context = pod.get("securityContext", {})
    if not context.get("runAsNonRoot") or context.get("runAsUser", ROOT_USER) == ROOT_USER:
        yield "may run as root"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    if pod.get("automountServiceAccountToken") is not False:
        yield "holds a token for the cluster"
    if pod.get("serviceAccountName", "default") == "default":
        yield "shares an account with others"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares the host's namespaces"
    if any("hostPath" in volume for volume in pod.get("volumes", ())):
        yield "reads the host's files"


def _ending_faults(pod: Document) -> Iterator[str]:
    (container,) = pod["containers"]
    drain_s = DRAIN_S.get(container["name"])
    if drain_s is None:
        return
    command = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", [])
    waits_s = int(command[1]) if command[:1] == ["sleep"] else 0
    left_s = pod.get("terminationGracePeriodSeconds", 30) - waits_s - drain_s
    if left_s < _SLACK_S[0]:
        yield "may be killed before it has drained"
    if left_s > _SLACK_S[1]:
        yield "holds a node up for longer than it drains"


def _container_faults(container: Document) -> Iterator[str]:
    context = container.get("securityContext", {})
    if context.get("readOnlyRootFilesystem") is not True:
        yield "its file system can be written"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges"
    if context.get("privileged"):
        yield "is privileged"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    resources = container.get("resources", {})
    for kind in ("requests", "limits"):
        if {"cpu", "memory"} - resources.get(kind, {}).keys():
            yield f"no {kind} for processor and memory"
    if ":" not in container["image"] or container["image"].endswith(":latest"):
        yield "its image is of no version"


def _probe_faults(container: Document) -> Iterator[str]:
    ports = {port["name"]: port["containerPort"] for port in container.get("ports", ())}
    for kind in ("livenessProbe", "readinessProbe"):
        probe = container.get(kind, {})
        asked = [probe[how] for how in ("httpGet", "grpc", "tcpSocket", "exec") if how in probe]
        if len(asked) != 1:
            yield f"no {kind}"
        elif asked[0].get("port") not in {None, *ports, *ports.values()}:
            yield f"its {kind} asks a port that is not there"
    if container.get("args", [""])[0].startswith("services."):
        yield from _own_probe_faults(container)


def _own_probe_faults(container: Document) -> Iterator[str]:
    """Ours: alive is what the process says of itself, ready what it says of what it needs.

    A scheduler's gRPC health follows Postgres; its /readyz asks NATS, too, without which calls are
    answered all the same. Where callers must show certificates, /readyz/grpc tells that health.
    """
    if container.get("livenessProbe", {}).get("httpGet", {}).get("path") != "/healthz":
        yield "its livenessProbe does not ask /healthz"
    ready = container.get("readinessProbe", {})
    if container["name"] == "scheduler":
        if "grpc" not in ready and ready.get("httpGet", {}).get("path") != "/readyz/grpc":
            yield "its readinessProbe does not ask for gRPC health"
    elif ready.get("httpGet", {}).get("path") != "/readyz":
        yield "its readinessProbe does not ask /readyz"
