"""Renders what scales the probers of each vantage point on how busy they are.

The bus holds no more jobs of a vantage point than its probers have places for (all else waits in
Postgres), so what is scaled on is the share of the places in use: seven of ten. At full load every
look asks for four tenths more probers, until a part of the places stays free.
"""

from collections.abc import Sequence
from typing import Final

from deploy.region.accounts import ACCOUNT, Region
from outscope.bus import subjects

# Of the 200 places a prober has by default (OUTSCOPE_CONCURRENCY).
PLACES_IN_USE: Final = 140
_FEWEST: Final = 2
_MOST: Final = 50
_HEAD: Final = "# Rendered by make region; edit deploy/region/scaling.py instead.\n"
_KEDA: Final = """\
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: prober-{name}
  namespace: outscope
spec:
  scaleTargetRef:
    name: prober-{name}
  minReplicaCount: {fewest}
  maxReplicaCount: {most}
  pollingInterval: 10
  # While NATS cannot be asked, there are as many as were enough for a day.
  fallback:
    failureThreshold: 3
    replicas: {fallback}
  triggers:
    - type: nats-jetstream
      metadata:
        natsServerMonitoringEndpoint: "nats.outscope.svc.cluster.local:8222"
        account: "{account}"
        stream: "{stream}"
        consumer: "{consumer}"
        lagThreshold: "{places}"
        activationLagThreshold: "0"
"""
_HPA: Final = """\
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: prober-{name}
  namespace: outscope
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: prober-{name}
  minReplicas: {fewest}
  maxReplicas: {most}
  metrics:
    - type: Pods
      pods:
        metric:
          name: outscope_probes_in_work
        target:
          type: AverageValue
          averageValue: "{places}"
"""


def keda_yaml(regions: Sequence[Region]) -> str:
    """Return a ScaledObject for each region, on what its consumer holds."""
    return _HEAD + "".join(_filled(_KEDA, region) for region in regions)


def hpa_yaml(regions: Sequence[Region]) -> str:
    """Return an autoscaler for each region, on what its probers say, for clusters without KEDA."""
    return _HEAD + "".join(_filled(_HPA, region) for region in regions)


def _filled(template: str, region: Region) -> str:
    durable = subjects.jobs_consumer(region.name)
    return template.format(
        name=region.name,
        fewest=_FEWEST,
        most=_MOST,
        fallback=_FEWEST * 2,
        account=ACCOUNT,
        stream=durable.stream,
        consumer=durable.name,
        places=PLACES_IN_USE,
    )
