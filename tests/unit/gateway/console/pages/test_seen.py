from services.gateway.console.pages.seen import code, sample, seen
from services.gateway.examples import COMPLETED_CHECK


def test_everything_seen_has_its_section() -> None:
    text = "".join(map(str, seen(COMPLETED_CHECK)))
    for shown in (
        "93.184.216.35",
        "v=spf1 mx -all",
        "TLSv1.3, 254 days left",
        "CN=Example CA",
        "https://www.example.com/shop",
        "/.well-known/api-catalog",
        "<svg",
    ):
        assert shown in text


def test_a_sample_is_text_whatever_it_is() -> None:
    kept = {
        "headers": [{"name": "x", "value": "<img src=x>"}],
        "body": "<script>alert(1)</script>",
        "body_encoding": "utf-8",
        "truncated": True,
        "expires_at": None,
    }
    text = "".join(map(str, sample("/<b>", kept)))
    assert "<script>" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert "cut off" in text


def test_an_outcome_is_told_by_its_code() -> None:
    assert (code(None), code({"code": "ok"})) == ("not tried", "ok")
