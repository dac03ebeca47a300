from outscope import limits


def test_the_documented_limits_hold() -> None:
    assert limits.DEFAULT_PORTS == (80, 443)
    assert limits.DEFAULT_PATHS == ("/",)
    assert (limits.MIN_RETENTION_DAYS, limits.MAX_RETENTION_DAYS) == (7, 30)
    assert (limits.DEFAULT_PAGE, limits.MAX_PAGE) == (30, 100)
    assert (limits.MAX_PORTS, limits.MAX_PATHS, limits.MAX_PATH_CHARS) == (20, 20, 2048)
    assert limits.MAX_BATCH == 100
    assert limits.MAX_WEBHOOKS == 100
    assert limits.MAX_REQUEST_BYTES == 1024 * 1024
    assert limits.SAMPLE_BYTES == 64 * 1024
    assert limits.WEBHOOK_EVENTS == ("check.completed", "check.failed", "check.cancelled")
