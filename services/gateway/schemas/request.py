"""What every request has in common: nothing is converted, nothing unknown is accepted."""

from collections.abc import Iterator
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from services.gateway.schemas.fault import fault_in

Model = TypeVar("Model", bound="RequestModel")


class RequestModel(BaseModel):
    """A request body or query: strict types, known fields only."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    # What a message calls a member of it.
    member: ClassVar[str] = "field"


def validated(model: type[Model], content: object) -> Model:
    """Return content as the model, or raise InvalidRequest naming the field at fault."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise fault_in(error, tuple(_names_in(model)), model.member) from error


def _names_in(model: type[RequestModel]) -> Iterator[str]:
    """Yield the names of the fields, those of models in them as in JSON paths."""
    for name, field in model.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, RequestModel):
            yield from (f"{name}.{inner}" for inner in _names_in(field.annotation))


def absent_by_default(schema: dict[str, Any]) -> None:
    """Show a field as one that may be left out, without the value that stands for its absence."""
    schema.pop("default", None)
