from deploy.local.prefix import MAX_LINE_BYTES, LinePrefixer, prefix_for


def test_each_whole_line_begins_with_the_prefix() -> None:
    lines = LinePrefixer("gateway | ")
    assert lines.feed(b"one\ntwo\r\nthr") == b"gateway | one\ngateway | two\n"
    assert lines.feed(b"ee\n") == b"gateway | three\n"
    assert lines.close() == b""


def test_a_last_line_without_newline_is_shown() -> None:
    lines = LinePrefixer("p ")
    assert lines.feed(b"last words") == b""
    assert lines.close() == b"p last words\n"


def test_a_character_cut_in_two_portions_stays_whole() -> None:
    lines = LinePrefixer("")
    euro = "€\n".encode()
    assert lines.feed(euro[:1]) + lines.feed(euro[1:]) == euro


def test_an_endless_line_goes_out_in_pieces() -> None:
    lines = LinePrefixer("p ")
    assert lines.feed(b"x" * (MAX_LINE_BYTES - 1)) == b""
    assert lines.feed(b"x") == b"p " + b"x" * MAX_LINE_BYTES + b"\n"
    assert lines.close() == b""


def test_noise_is_not_shown() -> None:
    lines = LinePrefixer("nats | ", noise=(b"[INF]", b"banner"))
    assert lines.feed(b"[INF] up\n[WRN] slow\nbanner\n") == b"nats | [WRN] slow\n"


def test_prefixes_are_aligned_and_coloured_only_when_asked() -> None:
    assert prefix_for("nats", width=8, position=1, colour=False) == "nats     | "
    first = prefix_for("nats", width=8, position=0, colour=True)
    second = prefix_for("nats", width=8, position=1, colour=True)
    assert first.endswith("nats     | \x1b[0m")
    assert first != second
