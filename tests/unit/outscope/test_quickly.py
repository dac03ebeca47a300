import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from outscope.quickly import quickly_made


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    name: str
    size: int = 3
    parts: tuple[str, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    name: str
    size: int = 3
    parts: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return len(self.name)


def test_what_is_made_is_of_its_class_and_has_its_fields_and_defaults() -> None:
    made = Quick(name="a", parts=("b",))
    assert type(made) is Quick
    assert (made.name, made.size, made.parts, made.length) == ("a", 3, ("b",), 1)
    assert repr(made) == repr(Usual(name="a", parts=("b",))).replace("Usual", "Quick")


def test_what_is_made_is_frozen_and_takes_no_other_attribute() -> None:
    made = Quick(name="a")
    with pytest.raises(FrozenInstanceError):
        made.name = "b"  # type: ignore[misc] # it is what must not be
    with pytest.raises(FrozenInstanceError):
        del made.name
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(made, "other", 1)


def test_what_is_made_is_equal_hashed_replaced_and_copied_as_usual() -> None:
    made = Quick(name="a")
    assert made == Quick(name="a", size=3)
    assert hash(made) == hash(Quick(name="a"))
    assert made != Quick(name="b")
    assert replace(made, size=4) == Quick(name="a", size=4)
    assert copy.copy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_field_is_required_and_an_unknown_one_refused_as_usual() -> None:
    making: tuple[Callable[..., object], ...] = (Usual, Quick)
    for kind in making:
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            kind(name="a", other=1)
        with pytest.raises(TypeError):
            kind("a")


def test_a_class_that_does_more_than_to_take_its_fields_is_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Making:
        parts: list[str] = field(default_factory=list)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Below(Usual):
        more: int = 0

    for kind in (Making, Below):
        with pytest.raises(TypeError, match="does more"):
            quickly_made(kind)
