import pytest

from services.prober.judge.maintenance import maintenance_in
from tests.unit.prober.judge.shapes import answer, json, ready


def shown(status: int, title: str, kind: str = "text/html") -> list[str]:
    found = maintenance_in(ready(answer(status, f"<title>{title}</title>x", kind=kind)))
    return [item.field for item in found]


@pytest.mark.parametrize(
    "title",
    [
        *("Maintenance mode", "We'll be back soon!", "Wartungsarbeiten", "En mantenimiento"),
        *("Site en maintenance", "In manutenzione", "Технические работы", "メンテナンス中"),
        *("系统维护", "Mentenanță", "Prace techniczne", "Website in onderhoud"),
    ],
)
def test_the_title_of_a_503_tells_of_maintenance_in_many_languages(title: str) -> None:
    assert shown(503, title) == ["paths[0].title", "paths[0].status_code"]
    assert shown(200, title) == []
    assert shown(500, title) == []


def test_what_any_503_says_is_none() -> None:
    assert shown(503, "503 Service Unavailable") == []
    # As Apache writes it.
    body = "<title>503</title>unable to service your request due to maintenance downtime"
    assert maintenance_in(ready(answer(503, body))) == ()
    assert maintenance_in(ready(json(503, '{"title": "maintenance"}'))) == ()
