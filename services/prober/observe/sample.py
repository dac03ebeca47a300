"""Takes the part of a response that is kept when a content sample was asked for: pure."""

from dataclasses import dataclass

from services.prober.facts import PathFacts
from services.prober.observe.redact import redacted


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One response's headers, credentials redacted, and its body as far as it was read."""

    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    truncated: bool


def sample_of(facts: PathFacts) -> Sample | None:
    """Return the sample of a path; None when nothing answered."""
    if facts.status is None:
        return None
    return Sample(
        path=facts.path,
        headers=redacted(facts.headers),
        body=facts.body,
        truncated=facts.truncated,
    )
