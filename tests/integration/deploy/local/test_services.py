from base64 import urlsafe_b64decode
from dataclasses import replace
from pathlib import Path

from deploy.certificates.folder import make_certificates
from deploy.local.program import Program
from deploy.local.services import (
    Wiring,
    gateway_programs,
    notifier_programs,
    prober_programs,
    scheduler_programs,
)
from outscope.clock import utc_now

WIRING = Wiring(
    database_url="postgresql://db",
    nats_url="nats://bus",
    rest_port=8080,
    grpc_port=50051,
    service_token="token",
    secret_keys="k",
    vantages={"eu-west-1": 2, "us-east-1": 1, "ap-south-1": 0},
    resolvers=("127.0.0.1:5353",),
    allow_net=("127.0.0.0/8", "10.0.0.0/8"),
    deny_file=Path("/deny.txt"),
    ca_file=Path("/trust.pem"),
    drain_s=5.0,
)
PLAIN = replace(WIRING, resolvers=(), allow_net=(), deny_file=None, ca_file=None)


def settings(program: Program) -> dict[str, str]:
    return program.launch().settings


def test_each_vantage_point_has_its_probers() -> None:
    programs = prober_programs(WIRING)
    labels = [program.label for program in programs]
    assert labels == ["prober eu-west-1 #1", "prober eu-west-1 #2", "prober us-east-1"]
    points = [settings(program)["VANTAGE_POINT"] for program in programs]
    assert points == ["eu-west-1", "eu-west-1", "us-east-1"]
    assert {program.role for program in programs} == {"prober"}


def test_the_scheduler_knows_every_vantage_point_the_default_one_first() -> None:
    (program,) = scheduler_programs(WIRING, 1)
    told = settings(program)
    assert told["OUTSCOPE_VANTAGE_POINTS"] == "eu-west-1,us-east-1,ap-south-1"
    assert told["DATABASE_URL"] == "postgresql://db"
    assert told["OUTSCOPE_GRPC_LISTEN"] == "127.0.0.1:50051"


def test_only_the_scheduler_is_told_what_seals_secrets() -> None:
    others = [*gateway_programs(WIRING, 1), *prober_programs(WIRING), *notifier_programs(WIRING, 1)]
    assert not [each.label for each in others if "OUTSCOPE_SECRET_KEYS" in settings(each)]
    (program,) = scheduler_programs(WIRING, 1)
    assert settings(program)["OUTSCOPE_SECRET_KEYS"] == "k"


def test_gateways_share_the_sessions_of_the_console() -> None:
    told = [settings(each)["OUTSCOPE_CONSOLE_KEYS"] for each in gateway_programs(WIRING, 2)]
    assert told[0] == told[1]
    assert len(urlsafe_b64decode(told[0])) == 32
    assert WIRING.service_token not in told[0]


def test_only_the_scheduler_is_told_the_database() -> None:
    others = [*gateway_programs(WIRING, 1), *prober_programs(WIRING), *notifier_programs(WIRING, 1)]
    assert not [program.label for program in others if "DATABASE_URL" in settings(program)]


def test_what_meets_strangers_is_told_how() -> None:
    for program in (*prober_programs(WIRING), *notifier_programs(WIRING, 1)):
        told = settings(program)
        assert told["OUTSCOPE_RESOLVERS"] == "127.0.0.1:5353"
        assert told["OUTSCOPE_ALLOW_NET"] == "127.0.0.0/8,10.0.0.0/8"
        assert told["OUTSCOPE_CA_FILE"] == "/trust.pem"


def test_whoever_judges_a_target_is_told_the_deny_list() -> None:
    for program in (
        *scheduler_programs(WIRING, 1),
        *prober_programs(WIRING),
        *notifier_programs(WIRING, 1),
    ):
        assert settings(program)["OUTSCOPE_DENY_FILE"] == "/deny.txt"


def test_nothing_given_leaves_the_services_their_own_defaults() -> None:
    absent = {"OUTSCOPE_RESOLVERS", "OUTSCOPE_ALLOW_NET", "OUTSCOPE_DENY_FILE", "OUTSCOPE_CA_FILE"}
    for program in (*prober_programs(PLAIN), *scheduler_programs(PLAIN, 1)):
        assert not absent & settings(program).keys()


def test_replicas_of_the_gateway_share_one_address() -> None:
    programs = gateway_programs(WIRING, 2)
    assert [program.label for program in programs] == ["gateway #1", "gateway #2"]
    assert {settings(program)["OUTSCOPE_REST_LISTEN"] for program in programs} == {"127.0.0.1:8080"}


def test_every_start_of_a_process_has_a_health_port_of_its_own() -> None:
    programs = [*scheduler_programs(WIRING, 2), *prober_programs(WIRING)]
    ports = [settings(program)["OUTSCOPE_HEALTH_LISTEN"] for program in (*programs, programs[0])]
    assert len(set(ports)) == len(ports)


def test_each_service_is_the_module_of_its_name_and_may_drain() -> None:
    (program,) = notifier_programs(WIRING, 1)
    launch = program.launch()
    assert launch.command[-2:] == ["-m", "services.notifier"]
    assert launch.settings["OUTSCOPE_DRAIN"] == "5"
    assert program.grace_s > WIRING.drain_s


def test_each_service_is_told_its_own_certificate(tmp_path: Path) -> None:
    list(make_certificates(tmp_path, utc_now()))
    wiring = replace(WIRING, certificates=tmp_path)
    for programs in (
        gateway_programs(wiring, 1),
        scheduler_programs(wiring, 1),
        prober_programs(wiring),
        notifier_programs(wiring, 1),
    ):
        told = settings(programs[0])
        assert told["OUTSCOPE_MTLS_CA"] == str(tmp_path / "ca.crt")
        assert told["OUTSCOPE_MTLS_KEY"] == str(tmp_path / f"{programs[0].role}.key")
    plain = settings(notifier_programs(WIRING, 1)[0])
    assert not [name for name in plain if name.startswith("OUTSCOPE_MTLS")]
