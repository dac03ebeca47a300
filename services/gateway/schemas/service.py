"""What the service says of itself."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict


class Alive(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class Readiness(TypedDict):
    """Whether what the service depends on answers."""

    status: Literal["ready", "not_ready"]
    dependencies: Annotated[dict[str, bool], Field(description="By name: does it answer now?")]
