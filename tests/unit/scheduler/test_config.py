from pathlib import Path

import pytest

from outscope.config import ConfigError, Environment
from services.scheduler.config import config_from, database_url_from
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.limits import DefaultLimits
from services.scheduler.sealing import new_key
from tests.identities import SERVER, Identities

REQUIRED = {"DATABASE_URL": "postgresql://x", "OUTSCOPE_SERVICE_TOKEN": "t"}


def test_everything_else_has_a_default() -> None:
    config = config_from(Environment(REQUIRED))
    assert config.grpc_listen == ("127.0.0.1", 50051)
    assert config.limits == DefaultLimits(rate=600, in_flight=0, monthly=0)
    assert config.vantage_points == ("eu-west-1", "us-east-1")
    assert config.check_deadline_s == 300.0
    assert config.health_listen is None
    assert config.stream_replicas == 1


@pytest.mark.parametrize("missing", sorted(REQUIRED))
def test_what_is_required_is_named_when_it_is_missing(missing: str) -> None:
    left = {name: value for name, value in REQUIRED.items() if name != missing}
    with pytest.raises(ConfigError, match=missing):
        config_from(Environment(left))


def test_a_vantage_point_that_cannot_be_part_of_a_subject_is_refused() -> None:
    with pytest.raises(ConfigError, match="OUTSCOPE_VANTAGE_POINTS"):
        config_from(Environment({**REQUIRED, "OUTSCOPE_VANTAGE_POINTS": "eu.west"}))


def test_streams_have_as_many_replicas_as_a_cluster_can_hold() -> None:
    config = config_from(Environment({**REQUIRED, "OUTSCOPE_STREAM_REPLICAS": "3"}))
    assert config.stream_replicas == 3
    with pytest.raises(ConfigError, match="OUTSCOPE_STREAM_REPLICAS"):
        config_from(Environment({**REQUIRED, "OUTSCOPE_STREAM_REPLICAS": "6"}))


def test_keys_that_seal_are_read_in_their_order_and_are_none_by_default() -> None:
    newest, oldest = new_key(), new_key()
    told = Environment({**REQUIRED, "OUTSCOPE_SECRET_KEYS": f"{newest}, {oldest},"})
    assert config_from(told).secret_keys == (newest, oldest)
    assert config_from(Environment(REQUIRED)).secret_keys == ()


def test_a_key_that_cannot_seal_is_told_by_its_place_and_not_shown() -> None:
    told = Environment({**REQUIRED, "OUTSCOPE_SECRET_KEYS": f"{new_key()},hunter2"})
    with pytest.raises(ConfigError, match="OUTSCOPE_SECRET_KEYS: item 2") as raised:
        config_from(told)
    assert "hunter2" not in str(raised.value)


def test_tending_keys_takes_the_database_only() -> None:
    assert database_url_from(Environment({"DATABASE_URL": "postgresql://x"})) == "postgresql://x"


@pytest.mark.parametrize(
    ("settings", "budget"),
    [
        ({}, Budget(host=60, address=600)),
        ({"HOST": "60"}, Budget(host=60, address=600, host_covers_opened=True)),
        ({"ADDRESS": "5"}, Budget(host=60, address=5, address_covers_opened=True)),
        (
            {"HOST": "0", "ADDRESS": "0"},
            Budget(host=0, address=0, host_covers_opened=True, address_covers_opened=True),
        ),
    ],
)
def test_a_budget_that_is_set_covers_opened_ranges_and_the_default_one_does_not(
    settings: dict[str, str], budget: Budget
) -> None:
    named = {f"OUTSCOPE_TARGET_BUDGET_{name}": value for name, value in settings.items()}
    assert config_from(Environment({**REQUIRED, **named})).budget == budget


def test_a_budget_is_no_negative_number() -> None:
    with pytest.raises(ConfigError, match="OUTSCOPE_TARGET_BUDGET_HOST"):
        config_from(Environment({**REQUIRED, "OUTSCOPE_TARGET_BUDGET_HOST": "-1"}))


def test_checks_are_kept_for_ever_until_a_retention_is_set() -> None:
    name = "OUTSCOPE_RETENTION_DAYS"
    assert config_from(Environment(REQUIRED)).retention_days == 0
    assert config_from(Environment({**REQUIRED, name: "90"})).retention_days == 90
    with pytest.raises(ConfigError, match=f"{name}=-1"):
        config_from(Environment({**REQUIRED, name: "-1"}))


def test_without_certificates_services_are_known_by_the_token_alone() -> None:
    config = config_from(Environment(REQUIRED))
    assert (config.certificates, config.server_identity) == (None, None)
    assert config.service_identities is None
    with pytest.raises(ConfigError, match="OUTSCOPE_GRPC_PUBLIC_LISTEN"):
        config_from(Environment({**REQUIRED, "OUTSCOPE_GRPC_PUBLIC_LISTEN": "127.0.0.1:1"}))


def test_with_certificates_everything_is_told_of_them(tmp_path: Path) -> None:
    paths = Identities(tmp_path).of(SERVER)
    told = {
        **REQUIRED,
        "OUTSCOPE_MTLS_CA": str(paths.ca),
        "OUTSCOPE_MTLS_CERT": str(paths.certificate),
        "OUTSCOPE_MTLS_KEY": str(paths.key),
    }
    config = config_from(Environment(told))
    assert config.certificates is not None
    assert config.server_identity is not None
    assert config.server_identity.public_listen is None
    assert config.service_identities == frozenset({"spiffe://outscope/notifier"})
    assert f"sslcert={paths.certificate}" in config.database_url
    public = config_from(Environment({**told, "OUTSCOPE_GRPC_PUBLIC_LISTEN": "[::1]:50052"}))
    assert public.server_identity is not None
    assert public.server_identity.public_listen == ("::1", 50052)
    with pytest.raises(ConfigError, match="OUTSCOPE_SERVICE_IDENTITIES='notifier'"):
        config_from(Environment({**told, "OUTSCOPE_SERVICE_IDENTITIES": "notifier"}))
