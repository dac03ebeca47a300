from deploy.local.endpoints import Endpoints


def test_the_object_has_the_present_process_ids_of_every_role() -> None:
    running = {"gateway": [7, 8], "postgres": [1]}
    endpoints = Endpoints(
        rest="http://127.0.0.1:8080",
        grpc="127.0.0.1:50051",
        api_key="svc_x",
        postgres="postgresql://p",
        nats="nats://n",
        pids=lambda role: running.get(role, []),
    )
    expected = {
        "rest": "http://127.0.0.1:8080",
        "grpc": "127.0.0.1:50051",
        "api_key": "svc_x",
        "postgres": "postgresql://p",
        "nats": "nats://n",
        "pids": {
            "gateway": [7, 8],
            "scheduler": [],
            "prober": [],
            "notifier": [],
            "nats": [],
            "postgres": [1],
        },
    }
    assert endpoints.as_object() == expected
    running["postgres"] = [2]
    assert endpoints.as_object()["pids"]["postgres"] == [2]


def test_where_certificates_are_used_it_tells_the_settings_that_name_them() -> None:
    told = {"OUTSCOPE_MTLS_CA": "/c/ca.crt"}
    endpoints = Endpoints(
        rest="", grpc="", api_key="", postgres="", nats="", pids=lambda _: [], tls=told
    )
    assert endpoints.as_object()["tls"] == told
