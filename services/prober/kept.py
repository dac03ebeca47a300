"""What of a check's facts is kept beside the report, so that it can be judged again: no I/O.

Law: the facts that come back give the verdict they gave, and hold no credential of the target's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from outscope.kept import UnreadableKeptError, packed, unpacked
from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.prober.facts import CheckSpec, HostFacts, PathFacts
from services.prober.observe.content import charset_of
from services.prober.observe.redact import redacted
from services.prober.read_facts import NewerFactsError, dns_in, path_in, port_in

# Of all bodies together; those of the paths go before those of other ports and addresses.
_MAX_BODY_BYTES: Final = 2 * 1024 * 1024
_MAX_HEADER_CHARS: Final = 8192
_CONTROL: Final = "control"


class NothingKeptError(Exception):
    """The facts of a check are not enough to judge it again; the text says why."""


def kept_facts(facts: HostFacts) -> bytes:
    """Return what is kept of the facts; empty when their bodies are more than is kept."""
    answers = dict(answers_in(facts))
    if sum(len(answer.body) for answer in answers.values()) > _MAX_BODY_BYTES:
        return b""
    kept = messages_pb2.KeptFacts(
        answers=[_kept_answer(where, answer) for where, answer in answers.items()],
        deadline_hit=facts.deadline_hit,
    )
    return packed(kept)


def facts_kept(spec: CheckSpec, result: check_pb2.CheckResult, kept: bytes) -> HostFacts:
    """Return the facts that a result was reached from, or raise NothingKeptError."""
    message = _read(kept)
    answers = {answer.where: answer for answer in message.answers}
    try:
        told = HostFacts(
            spec=spec,
            dns=dns_in(result.dns),
            ports=tuple(port_in(port) for port in result.ports),
            paths=tuple(path_in(path) for path in result.paths),
            control=path_in(result.control) if result.HasField("control") else None,
            discovered=tuple(path_in(path) for path in result.discovered),
            deadline_hit=message.deadline_hit,
            egress_addresses=tuple(result.observer.egress_addresses),
            user_agent=result.observer.user_agent,
        )
    except NewerFactsError as error:
        raise NothingKeptError(f"a newer version observed it: {error}") from error
    missing = [where for where, _ in answers_in(told) if where not in answers]
    if missing:
        raise NothingKeptError(f"of {missing[0]} nothing is kept")
    return _completed(told, answers)


def answers_in(facts: HostFacts) -> Iterator[tuple[str, PathFacts]]:
    """Yield every HTTP answer with its place, such as paths[0].redirects[1].answer."""
    for index, path in enumerate(facts.paths):
        where = f"paths[{index}]"
        yield where, path
        for hop, redirect in enumerate(path.redirects):
            yield f"{where}.redirects[{hop}].answer", redirect.answer
        for place, other in enumerate(path.other_addresses):
            yield f"{where}.other_addresses[{place}]", other
    for index, port in enumerate(facts.ports):
        if port.probe is not None:
            yield f"ports[{index}].probe", port.probe
    if facts.control is not None:
        yield _CONTROL, facts.control
    for index, path in enumerate(facts.discovered):
        yield f"discovered[{index}]", path


def _kept_answer(where: str, answer: PathFacts) -> messages_pb2.KeptAnswer:
    message = messages_pb2.KeptAnswer(
        where=where,
        headers=[
            facts_pb2.Header(name=name, value=value[:_MAX_HEADER_CHARS])
            for name, value in redacted(answer.headers)
        ],
    )
    try:
        message.text = answer.body.decode()
    except UnicodeDecodeError:
        message.body = answer.body
    return message


def _read(kept: bytes) -> messages_pb2.KeptFacts:
    if not kept:
        raise NothingKeptError("its answers were too long to keep, or are deleted by now")
    try:
        return unpacked(kept)
    except UnreadableKeptError as error:
        raise NothingKeptError(f"what is kept of it {error}") from error


def _completed(facts: HostFacts, answers: Mapping[str, messages_pb2.KeptAnswer]) -> HostFacts:
    """Give every answer the headers and the body that are kept of it."""
    return replace(
        facts,
        paths=tuple(
            _path_completed(f"paths[{index}]", path, answers)
            for index, path in enumerate(facts.paths)
        ),
        ports=tuple(
            port
            if port.probe is None
            else replace(port, probe=_path_completed(f"ports[{index}].probe", port.probe, answers))
            for index, port in enumerate(facts.ports)
        ),
        control=facts.control and _path_completed(_CONTROL, facts.control, answers),
        discovered=tuple(
            _path_completed(f"discovered[{index}]", path, answers)
            for index, path in enumerate(facts.discovered)
        ),
    )


def _path_completed(
    where: str, path: PathFacts, answers: Mapping[str, messages_pb2.KeptAnswer]
) -> PathFacts:
    answer = answers[where]
    return replace(
        path,
        headers=tuple((header.name, header.value) for header in answer.headers),
        body=answer.body or answer.text.encode(),
        charset=charset_of(path.content_type),
        redirects=tuple(
            replace(
                redirect,
                answer=_path_completed(
                    f"{where}.redirects[{hop}].answer", redirect.answer, answers
                ),
            )
            for hop, redirect in enumerate(path.redirects)
        ),
        other_addresses=tuple(
            _path_completed(f"{where}.other_addresses[{place}]", other, answers)
            for place, other in enumerate(path.other_addresses)
        ),
    )
