"""A list that comes in pages, described without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Generic, TypeVar

from outscope_client.exchange import Call

T = TypeVar("T")


@dataclass(frozen=True)
class Pages(Generic[T]):
    """How to ask for the page that begins at a cursor; the first begins at None."""

    page: Callable[[str | None], Call[Any]]

    def after(self, answer: Any) -> Call[Any] | None:  # noqa: ANN401 - a page of any kind
        """Return how to ask for the page after this one; None after the last."""
        pagination = answer["pagination"]
        cursor = pagination["next_cursor"]
        return self.page(cursor) if pagination["has_more"] and cursor else None
