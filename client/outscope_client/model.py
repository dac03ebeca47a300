"""What every answer is made of: a dict, whose members are attributes too.

Law: nothing an answer has is lost or refused. A member that this version of the client does not
know is there all the same, and one that the server did not send is an AttributeError that says so.
A member that is named like a method of dict, such as values, is there by its key only.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

ModelT = TypeVar("ModelT", bound="Model")


class Model(dict[str, Any]):
    """One object of an answer: response['data'] and response.data are the same."""

    # Which members are objects, or lists of objects, of which model.
    _models: ClassVar[Mapping[str, "type[Model]"]] = {}

    def __init__(self, members: Mapping[str, Any]) -> None:
        models = self._models
        super().__init__(
            (name, _modelled(models.get(name, Model), member)) for name, member in members.items()
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what it is, the subclass declares
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"This {type(self).__name__} has no {name!r}") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"


def _modelled(model: type[Model], member: object) -> object:
    if isinstance(member, Mapping):
        return model(member)
    if isinstance(member, list):
        return [_modelled(model, each) for each in member]
    return member
