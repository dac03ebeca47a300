"""Makes methods of operations: the same description is a blocking method and an async one.

Law: a method is written once, as a function that returns a plan. Which kind of method that becomes
is decided by the resource it is asked of, at run time and for type checkers alike.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, Callable, Generic, TypeVar, Union, overload

from outscope_client.drive import AsyncDriver, Driver
from outscope_client.events import Event, Follow
from outscope_client.exchange import Plan
from outscope_client.pages import Pages

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    P = ParamSpec("P")
else:
    P = TypeVar("P")  # Python 3.9 has no ParamSpec, and nothing is called by it

T = TypeVar("T")


class Resource:
    """A group of methods that block."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver


class AsyncResource:
    """The same methods, to be awaited."""

    def __init__(self, driver: AsyncDriver) -> None:
        self.driver = driver


_Any = Union[Resource, AsyncResource]


class Operation(Generic[P, T]):
    """A method that returns one answer."""

    def __init__(self, plan: Callable[P, Plan[T]]) -> None:
        self._plan = plan
        self.__doc__ = plan.__doc__

    @overload
    def __get__(self, resource: Resource, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, resource: AsyncResource, owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, resource: _Any, owner: type) -> Callable[P, Any]:
        """Return the method of a resource."""
        del owner

        def perform(*args: P.args, **kwargs: P.kwargs) -> object:
            return resource.driver.perform(self._plan(*args, **kwargs))

        return functools.update_wrapper(perform, self._plan)


class Listing(Generic[P, T]):
    """A method that returns item by item, and asks for the next page when one is used up."""

    def __init__(self, pages: Callable[P, Pages[T]]) -> None:
        self._pages = pages
        self.__doc__ = pages.__doc__

    @overload
    def __get__(self, resource: Resource, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, resource: AsyncResource, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, resource: _Any, owner: type) -> Callable[P, Any]:
        """Return the method of a resource."""
        del owner

        def iterate(*args: P.args, **kwargs: P.kwargs) -> object:
            return resource.driver.iterate(self._pages(*args, **kwargs))

        return functools.update_wrapper(iterate, self._pages)


class Following(Generic[P]):
    """A method that returns events as they happen."""

    def __init__(self, follow: Callable[P, Follow]) -> None:
        self._follow = follow
        self.__doc__ = follow.__doc__

    @overload
    def __get__(self, resource: Resource, owner: type) -> Callable[P, Iterator[Event]]: ...
    @overload
    def __get__(
        self, resource: AsyncResource, owner: type
    ) -> Callable[P, AsyncIterator[Event]]: ...
    def __get__(self, resource: _Any, owner: type) -> Callable[P, Any]:
        """Return the method of a resource."""
        del owner

        def follow(*args: P.args, **kwargs: P.kwargs) -> object:
            return resource.driver.follow(self._follow(*args, **kwargs))

        return functools.update_wrapper(follow, self._follow)
