import pytest
from cryptography.fernet import Fernet

from outscope.config import ConfigError, Environment, LogSettings
from services.gateway.config import config_from


def test_every_setting_has_a_default() -> None:
    config = config_from(Environment({}))
    assert config.rest_listen == ("127.0.0.1", 8080)
    assert config.scheduler_address == "127.0.0.1:50051"
    assert config.deadline_s == 10.0
    assert config.drain_s == 20
    assert config.max_pdfs == 2
    assert config.log == LogSettings(level="INFO", as_json=True)


def test_settings_are_read() -> None:
    config = config_from(
        Environment(
            {
                "OUTSCOPE_REST_LISTEN": "[::]:80",
                "OUTSCOPE_SCHEDULER_ADDRESS": "dns:///scheduler:50051",
                "OUTSCOPE_SCHEDULER_DEADLINE": "2.5",
                "OUTSCOPE_DRAIN": "5",
                "OUTSCOPE_MAX_PDFS": "3",
                "OUTSCOPE_LOG_LEVEL": "DEBUG",
                "OUTSCOPE_LOG_FORMAT": "text",
            }
        )
    )
    assert config.rest_listen == ("::", 80)
    assert config.scheduler_address == "dns:///scheduler:50051"
    assert (config.deadline_s, config.drain_s, config.max_pdfs) == (2.5, 5, 3)
    assert config.log == LogSettings(level="DEBUG", as_json=False)


def test_what_seals_sessions_is_read_and_never_shown() -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    assert config_from(Environment({})).console_keys == ()
    told = Environment({"OUTSCOPE_CONSOLE_KEYS": ", ".join(keys)})
    assert config_from(told).console_keys == tuple(keys)
    with pytest.raises(ConfigError, match="OUTSCOPE_CONSOLE_KEYS: item 2") as raised:
        config_from(Environment({"OUTSCOPE_CONSOLE_KEYS": f"{keys[0]},hunter2"}))
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OUTSCOPE_REST_LISTEN", "8080"),
        ("OUTSCOPE_SCHEDULER_DEADLINE", "0"),
        ("OUTSCOPE_DRAIN", "0"),
    ],
)
def test_a_value_that_cannot_be_used_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        config_from(Environment({name: value}))
