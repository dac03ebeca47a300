import base64
import json
import re

from cryptography.fernet import Fernet

from deploy.region.accounts import Region
from deploy.region.fresh import fresh_secrets

REGIONS = [Region(name="eu-west-1"), Region(name="far-1", is_edge=True)]


def held() -> dict[str, dict[str, str]]:
    items = json.loads(fresh_secrets(REGIONS))["items"]
    return {item["metadata"]["name"]: item["stringData"] for item in items}


def test_everybody_on_the_bus_has_a_password() -> None:
    assert set(held()["nats-users"]) == {
        "NATS_SYSTEM_PASSWORD",
        "NATS_SCHEDULER_PASSWORD",
        "NATS_NOTIFIER_PASSWORD",
        "NATS_PROBER_EU_WEST_1_PASSWORD",
        "NATS_EDGE_FAR_1_PASSWORD",
        "NATS_PROBER_FAR_1_PASSWORD",
    }


def test_a_password_is_no_number_and_stands_in_a_url() -> None:
    passwords = held()["nats-users"].values()
    assert [each for each in passwords if not re.fullmatch(r"[a-z][0-9a-f]{48}", each)] == []
    assert len(set(passwords)) == len(passwords)


def test_nothing_is_drawn_twice() -> None:
    assert held()["nats-users"].items().isdisjoint(held()["nats-users"].items())


def test_what_seals_sessions_of_the_console_seals_nothing_else() -> None:
    drawn = held()["outscope"]
    assert len(base64.urlsafe_b64decode(drawn["OUTSCOPE_CONSOLE_KEYS"])) == 32
    assert drawn["OUTSCOPE_CONSOLE_KEYS"] != drawn["OUTSCOPE_SECRET_KEYS"]


def test_what_seals_the_secrets_of_webhooks_is_a_key_of_its_own() -> None:
    key = held()["outscope"]["OUTSCOPE_SECRET_KEYS"]
    assert len(base64.urlsafe_b64decode(key)) == 32
    assert Fernet(key).decrypt(Fernet(key).encrypt(b"secret")) == b"secret"
    assert held()["outscope"]["OUTSCOPE_SECRET_KEYS"] != key
