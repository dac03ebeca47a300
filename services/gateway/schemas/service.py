"""What the service says of itself."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict


class Alive(TypedDict):
    """The process answers."""

    status: Annotated[Literal["ok"], Field(description="Always ok.")]


class Readiness(TypedDict):
    """Whether what the service depends on answers."""

    status: Annotated[
        Literal["ready", "not_ready"], Field(description="ready when every dependency answers.")
    ]
    dependencies: Annotated[dict[str, bool], Field(description="By name: does it answer now?")]
