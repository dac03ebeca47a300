from outscope.telemetry import metrics


def test_metrics_are_rendered_as_prometheus_text() -> None:
    metrics.RPC_DURATION_SECONDS.labels("/x/Y", "OK").observe(0.003)
    body, content_type = metrics.render()
    assert content_type.startswith("text/plain")
    assert b'outscope_rpc_server_duration_seconds_count{code="OK",method="/x/Y"} 1.0' in body
