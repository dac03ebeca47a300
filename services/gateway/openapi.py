"""The OpenAPI 3.1 document, made from the operations and the schemas that validate.

Source: https://spec.openapis.org/oas/v3.1.0
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from outscope.errors import (
    ERROR_TABLE,
    INTERNAL_ERROR,
    DeadlineExceeded,
    ErrorRow,
    IdempotencyConflict,
    InvalidRequest,
    Overloaded,
    PayloadTooLarge,
    Refusal,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from outscope.idempotency import IDEMPOTENCY_HEADER
from outscope.limits import MAX_IDEMPOTENCY_KEY_CHARS
from services.gateway.conditional import IF_NONE_MATCH, NOT_MODIFIED, VALIDATOR_HEADERS
from services.gateway.field_examples import note_examples
from services.gateway.openapi_webhooks import EVENT_ENTRIES, webhook_entries
from services.gateway.operation import Answer, Operation
from services.gateway.schemas.error import ERROR_EXAMPLE, ErrorBody

Json = dict[str, Any]

_JSON: Final = "application/json"
_SCHEMAS: Final = "#/components/schemas/{model}"
_DESCRIPTION: Final = """\
What does the outside world see of a host name, and can a scanner work with it?

A **check** resolves a name, opens ports, inspects TLS and requests paths from a vantage point, and
returns facts with a verdict. Every request needs an API key, as `x-api-key` or as
`Authorization: Bearer`; a badge alone is shown to everybody. Every answer has an `x-request-id`;
send your own to follow a request. Errors share one body; tell them apart by `error.code`.
A method that a path does not have is answered with 405 and `Allow`, an unknown path with 404.
"""
_SECURITY: Final[list[Json]] = [{"ApiKey": []}, {"Bearer": []}]
_SECURITY_SCHEMES: Final = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "Bearer": {"type": "http", "scheme": "bearer", "description": "The same key."},
}
_ERROR_HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    "unauthorized": {"WWW-Authenticate": "How to authenticate."},
    "method_not_allowed": {"Allow": "The methods this path has."},
    "rate_limited": {
        "Retry-After": "Seconds until it is worth trying again.",
        "RateLimit-Limit": "What may be had of what was asked for in a minute.",
        "RateLimit-Remaining": "What is left of it.",
        "RateLimit-Reset": "Seconds until all is left again.",
    },
    "inflight_limit": {"Retry-After": "Seconds until it is worth trying again."},
    "quota_exceeded": {"Retry-After": "Seconds until the month has ended."},
    "unavailable": {"Retry-After": "Seconds until it is worth trying again."},
    "overloaded": {"Retry-After": "Seconds until it is worth trying again."},
}


_IDEMPOTENCY_KEY: Final[Json] = {
    "name": IDEMPOTENCY_HEADER,
    "in": "header",
    "required": False,
    "description": (
        "A name of yours for this request, such as a UUID: for 24 hours the same request under it "
        "creates nothing more and gets the same answer, with Idempotent-Replayed; another one is "
        "a 409 idempotency_conflict. A request that is refused uses up no key."
    ),
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_IDEMPOTENCY_KEY_CHARS,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
    "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
}


_IF_NONE_MATCH: Final[Json] = {
    "name": IF_NONE_MATCH,
    "in": "header",
    "required": False,
    "description": "The ETag of the answer you hold: 304, without a body, while it is the same.",
    "schema": {"type": "string"},
}
_NOT_MODIFIED: Final = Answer(
    description="What you hold is still the answer.", media_type="", headers=VALIDATOR_HEADERS
)


class _Schemas(GenerateJsonSchema):
    """JSON Schema without the titles pydantic makes of field names."""

    def field_title_should_be_set(self, schema: object) -> bool:
        """Set none: a name is its own title."""
        del schema
        return False


def openapi_document(operations: Sequence[Operation]) -> Json:
    """Return the whole document."""
    schemas, definitions = _schemas_of(operations)
    _show_examples(operations, schemas, definitions)
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, schemas)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OutScope",
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {"url": "/", "description": "Where this document is"},
            {"url": "https://api.outscope.es", "description": "The public service"},
        ],
        "paths": paths,
        "webhooks": webhook_entries(schemas),
        "components": {
            "schemas": definitions,
            "responses": {row.code: _error_response(row, schemas) for row in ERROR_TABLE},
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def _schemas_of(operations: Iterable[Operation]) -> tuple[dict[Any, Json], Json]:
    """Return a reference for each shape in use, and the definitions they refer to."""
    shapes: list[tuple[Any, JsonSchemaMode]] = [(ErrorBody, "serialization")]
    shapes += [(entry.body, "serialization") for entry in EVENT_ENTRIES]
    for operation in operations:
        if operation.body is not None:
            shapes.append((operation.body, "validation"))
        shapes += [
            (answer.schema, "serialization")
            for answer in operation.answers.values()
            if answer.schema is not None
        ]
    unique = dict(shapes)
    references, definitions = TypeAdapter.json_schemas(
        [(_key(shape), mode, TypeAdapter(shape)) for shape, mode in unique.items()],
        ref_template=_SCHEMAS,
        schema_generator=_Schemas,
    )
    by_shape = {shape: references[_key(shape), mode] for shape, mode in unique.items()}
    return by_shape, definitions["$defs"]


def _show_examples(
    operations: Iterable[Operation], schemas: Mapping[Any, Json], definitions: Json
) -> None:
    """Show beside the fields of every answer and event what they hold in the examples of it."""
    for operation in operations:
        for answer in operation.answers.values():
            for example in _examples_of(answer).values():
                if answer.schema is not None:
                    note_examples(schemas[answer.schema], definitions, example)
    for entry in EVENT_ENTRIES:
        for example in entry.examples.values():
            note_examples(schemas[entry.body], definitions, example)


def _key(shape: object) -> str:
    return getattr(shape, "__name__", repr(shape))


def _operation(operation: Operation, schemas: Mapping[Any, Json]) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": _SECURITY if operation.needs_key else [],
        "responses": {
            **{
                str(status): _answer(answer, schemas)
                for status, answer in _answers_of(operation).items()
            },
            **_errors(operation, schemas),
        },
    }
    if operation.description:
        described["description"] = operation.description
    parameters = _path_parameters(operation) + _query_parameters(operation)
    parameters += [_IDEMPOTENCY_KEY] if operation.creates else []
    parameters += _header_parameters(operation)
    parameters += [_IF_NONE_MATCH] if operation.is_conditional else []
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        content = {"schema": schemas[operation.body], "example": operation.body_example}
        is_required = not operation.body_may_be_absent
        described["requestBody"] = {"required": is_required, "content": {_JSON: content}}
    return described


def _answers_of(operation: Operation) -> Mapping[int, Answer]:
    """Return the answers of an operation, with the validator of those that have one."""
    if not operation.is_conditional:
        return operation.answers
    told = {
        status: replace(answer, headers={**answer.headers, **VALIDATOR_HEADERS})
        for status, answer in operation.answers.items()
    }
    return {**told, NOT_MODIFIED: _NOT_MODIFIED}


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in operation.parameters.items()
    ]


def _header_parameters(operation: Operation) -> list[Json]:
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": {"type": "string"},
        }
        for name, description in operation.request_headers.items()
    ]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    query = operation.query.model_json_schema(schema_generator=_Schemas)
    return [
        {
            "name": name,
            "in": "query",
            "required": name in query.get("required", ()),
            "description": schema.pop("description"),
            "schema": schema,
        }
        for name, schema in query["properties"].items()
    ]


def _answer(answer: Answer, schemas: Mapping[Any, Json]) -> Json:
    described = {"description": answer.description, "headers": _headers(answer.headers)}
    if not answer.media_type:
        return described
    content: Json = {}
    if answer.schema is not None:
        content["schema"] = schemas[answer.schema]
    if answer.further_examples:
        content["examples"] = {name: {"value": each} for name, each in _examples_of(answer).items()}
    elif answer.example is not None:
        content["example"] = answer.example
    return {**described, "content": {answer.media_type: content}}


def _examples_of(answer: Answer) -> Mapping[str, object]:
    """Return every example of an answer by its name."""
    usual = {} if answer.example is None else {"usual": answer.example}
    return {**usual, **answer.further_examples}


def _errors(operation: Operation, schemas: Mapping[Any, Json]) -> dict[str, Json]:
    """Return the errors an operation can end with, one for each status."""
    refusals: list[type[Refusal]] = [*operation.refusals]
    if operation.body is not None:
        refusals += [InvalidRequest, PayloadTooLarge, UnsupportedMediaType]
    if operation.refuses_parameters:
        refusals.append(InvalidRequest)
    if operation.needs_key:
        refusals += [Unauthorized, Unavailable, Overloaded, DeadlineExceeded]
    if operation.creates:
        refusals.append(IdempotencyConflict)
    codes = {INTERNAL_ERROR.http_status: [INTERNAL_ERROR.code]}
    for refusal in dict.fromkeys(refusals):
        codes.setdefault(refusal.http_status, []).append(refusal.code)
    return {str(status): _error(codes[status], schemas) for status in sorted(codes)}


def _error(codes: Sequence[str], schemas: Mapping[Any, Json]) -> Json:
    """Return the answer of a status: by reference, unless several codes share it here."""
    if len(codes) == 1:
        return {"$ref": f"#/components/responses/{codes[0]}"}
    return _shared_response([row for row in ERROR_TABLE if row.code in codes], schemas)


def _error_response(row: ErrorRow, schemas: Mapping[Any, Json]) -> Json:
    return {
        "description": row.summary,
        "headers": _headers(_ERROR_HEADERS.get(row.code, {})),
        "content": {_JSON: {"schema": schemas[ErrorBody], "example": _error_example(row)}},
    }


def _shared_response(rows: Sequence[ErrorRow], schemas: Mapping[Any, Json]) -> Json:
    examples = {row.code: {"value": _error_example(row)} for row in rows}
    headers: dict[str, str] = {}
    for row in rows:
        for name, meaning in _ERROR_HEADERS.get(row.code, {}).items():
            headers.setdefault(name, meaning)
    return {
        "description": " Or: ".join(row.summary for row in rows),
        "headers": _headers(headers),
        "content": {_JSON: {"schema": schemas[ErrorBody], "examples": examples}},
    }


def _error_example(row: ErrorRow) -> Json:
    example = {"error": ERROR_EXAMPLE["error"] | {"code": row.code}}
    if row.code != InvalidRequest.code:
        example["error"] |= {"message": row.summary, "details": {}}
    return example


def _headers(descriptions: Mapping[str, str]) -> Json:
    told = {"x-request-id": "The id of this request.", **descriptions}
    return {
        name: {"description": description, "schema": {"type": "string"}}
        for name, description in told.items()
    }
