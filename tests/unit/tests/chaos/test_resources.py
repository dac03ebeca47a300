from tests.chaos.resources import MEBIBYTE, Held, grown


def held(mebibytes: int, descriptors: int) -> dict[str, Held]:
    return {"prober": Held(memory=mebibytes * MEBIBYTE, descriptors=descriptors)}


def test_what_came_back_to_where_it_was_is_no_line() -> None:
    assert grown(held(70, 20), held(110, 40)) == []
    assert grown(held(70, 20), held(50, 10)) == []


def test_what_grew_is_a_line() -> None:
    assert grown(held(70, 20), held(130, 60)) == [
        "prober: memory grew from 70 to 130 MiB",
        "prober: descriptors grew from 20 to 60",
    ]
