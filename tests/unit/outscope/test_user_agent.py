from outscope import VERSION
from outscope.user_agent import user_agent


def test_it_names_product_version_and_contact() -> None:
    told = user_agent("https://contact.test")
    assert told == f"OutScope/{VERSION} (+https://contact.test)"


def test_a_comment_follows_the_contact() -> None:
    told = user_agent("https://contact.test", "webhooks")
    assert told == f"OutScope/{VERSION} (+https://contact.test; webhooks)"


def test_without_a_contact_nothing_stands_in_its_place() -> None:
    assert user_agent("") == f"OutScope/{VERSION}"
    assert user_agent("", "webhooks") == f"OutScope/{VERSION} (webhooks)"
