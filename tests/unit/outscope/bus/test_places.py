from outscope.bus.places import LASTING_S, Places


def test_a_place_is_taken_until_its_holder_leaves() -> None:
    places = Places(2)
    places.take("a", 0.0)
    places.take("b", 0.0)
    assert places.free(1000.0) == 0
    assert places.until_free_s(1000.0) is None
    places.leave("a")
    places.leave("nobody")
    assert places.free(1000.0) == 1


def test_whoever_takes_long_moves_on_while_there_is_a_further_place() -> None:
    places = Places(2, lasting=1)
    places.take("a", 0.0)
    places.take("b", 0.5)
    assert places.free(LASTING_S - 0.25) == 0
    assert places.until_free_s(LASTING_S - 0.25) == 0.25
    assert places.free(LASTING_S) == 1
    # There is no second one, until the first is left.
    assert places.free(LASTING_S + 0.5) == 1
    assert places.until_free_s(LASTING_S + 0.5) is None
    places.leave("a")
    assert places.free(LASTING_S + 0.5) == 2
    places.leave("b")
    assert places.free(LASTING_S + 0.5) == 2
    assert places.until_free_s(LASTING_S + 0.5) is None
