import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.prober.facts import OutcomeCode
from services.prober.observe.client_hello import NOISE_BYTES, VERSIONS, Offer
from services.prober.observe.server_hello import ANSWER_BYTES, Answer, Malformed, server_hello
from tests.targets.certificates import self_signed
from tests.targets.hostile import server_hello_of, tls_alert
from tests.targets.hostile_tls import (
    change_cipher_spec,
    endless_handshake_message,
    long_server_hello,
    shattered,
    warning_alert,
)
from tests.targets.old_tls import answer_of, context_between

NAME = "site.test"
EACH = pytest.mark.parametrize("version", VERSIONS)
CERTIFICATE = self_signed(NAME)
RETRY = bytes.fromhex("CF21AD74E59A6111BE1D8C021E65B891C2A211167ABB8C5E079E09E2C8A8339C")

OK = OutcomeCode.OK
UNSUPPORTED = OutcomeCode.TLS_PROTOCOL_UNSUPPORTED
MALFORMED = OutcomeCode.TLS_MALFORMED
CLOSED = OutcomeCode.TLS_CLOSED
SNI_REFUSED = OutcomeCode.TLS_SNI_REFUSED
TLS_CODES = {code for code in OutcomeCode if code.startswith("tls_")} | {OK}


def offer(version: str = "TLSv1.2") -> Offer:
    return Offer(version=VERSIONS[version], server_name=NAME, noise=bytes(range(NOISE_BYTES)))


def code_of(answer: bytes, version: str = "TLSv1.2") -> OutcomeCode | None:
    return Answer(offer(version)).feed(answer)


def body(
    *,
    version: bytes = b"\x03\x03",
    random: bytes = bytes(32),
    session_id: bytes = b"",
    suite: bytes = b"\x00\x2f",
    compression: bytes = b"\0",
    extensions: bytes | None = None,
) -> bytes:
    told = b"" if extensions is None else len(extensions).to_bytes(2) + extensions
    return version + random + bytes([len(session_id)]) + session_id + suite + compression + told


def record(of: bytes) -> bytes:
    message = b"\x02" + len(of).to_bytes(3) + of
    return b"\x16\x03\x03" + len(message).to_bytes(2) + message


def of_1_3(
    *,
    selected: bytes = b"\x03\x04",
    random: bytes = bytes(32),
    suite: bytes = b"\x13\x01",
    session_id: bytes = bytes(range(32, 64)),
    version: bytes = b"\x03\x03",
) -> bytes:
    extension = b"\x00\x2b" + len(selected).to_bytes(2) + selected
    return record(
        body(
            version=version,
            random=random,
            session_id=session_id,
            suite=suite,
            extensions=extension,
        )
    )


@EACH
def test_the_answer_of_openssl_is_read_however_it_is_cut(version: str) -> None:
    context = context_between(version, version, CERTIFICATE)
    flight = answer_of(context, offer(version).client_hello())
    assert code_of(flight, version) is OK
    for cut in (flight, shattered(flight)):
        bytewise = Answer(offer(version))
        codes = (bytewise.feed(cut[at : at + 1]) for at in range(len(cut)))
        assert next(code for code in codes if code is not None) is OK


@EACH
def test_an_alert_of_openssl_says_that_the_version_is_not_spoken(version: str) -> None:
    other = "TLSv1.3" if version != "TLSv1.3" else "TLSv1.2"
    alert = answer_of(context_between(other, other, CERTIFICATE), offer(version).client_hello())
    assert code_of(alert, version) is UNSUPPORTED


def test_a_request_for_another_key_accepts_the_version() -> None:
    context = context_between("TLSv1.3", "TLSv1.3", CERTIFICATE)
    context.set_ecdh_curve("secp384r1")
    answer = answer_of(context, offer("TLSv1.3").client_hello())
    assert RETRY in answer
    assert code_of(answer, "TLSv1.3") is OK
    assert code_of(of_1_3(random=RETRY), "TLSv1.3") is OK


@pytest.mark.parametrize("picked", [b"\x03\x00", b"\x03\x01", b"\x03\x02"])
def test_an_older_version_is_not_the_one_that_was_offered(picked: bytes) -> None:
    for version in ("TLSv1.2", "TLSv1.3"):
        assert code_of(server_hello_of(picked), version) is UNSUPPORTED


def test_a_newer_version_is_not_the_one_that_was_offered() -> None:
    assert code_of(server_hello_of(b"\x03\x03"), "TLSv1") is UNSUPPORTED
    assert code_of(of_1_3()) is UNSUPPORTED
    assert code_of(of_1_3(selected=b"\x7f\x1c"), "TLSv1.3") is UNSUPPORTED


def test_1_2_in_answer_to_1_3_is_1_2() -> None:
    assert code_of(server_hello_of(b"\x03\x03"), "TLSv1.3") is UNSUPPORTED


@pytest.mark.parametrize(
    "answer",
    [
        record(body(suite=b"\x13\x01")),  # of another version
        record(body(suite=b"\x00\xff")),  # no suite at all
        record(body(compression=b"\1")),
        record(body(session_id=bytes(33))),
        record(body(version=b"\x02\x00")),
        record(body(version=b"\x03\x04")),
        record(body()[:-1]),
        record(body(extensions=b"\x00\x17\x00")),
        record(body() + b"\x00\x09\x00"),
        record(body(extensions=b"") + b"\0"),
        b"\x16\x03\x03\x00\x04\x0b\x00\x00\x00",  # a Certificate
        b"\x16\x03\x03\x00\x00",
        b"\x16\x03\x03\xff\xff",
        b"\x17\x03\x03\x00\x01a",
        change_cipher_spec + record(body()),
        endless_handshake_message,
        long_server_hello,
    ],
)
def test_what_breaks_the_rules_accepts_nothing(answer: bytes) -> None:
    assert code_of(record(body())) is OK
    assert code_of(answer) is MALFORMED


@pytest.mark.parametrize(
    "answer",
    [
        of_1_3(suite=b"\xc0\x2f"),
        of_1_3(session_id=b""),
        of_1_3(version=b"\x03\x04"),
        of_1_3(version=b"\x03\x01"),
        of_1_3(selected=b"\x03"),
        of_1_3(selected=b"\x03\x04\x00"),
        record(body(version=b"\x03\x04", suite=b"\x13\x01", session_id=bytes(range(32, 64)))),
    ],
)
def test_what_breaks_the_rules_of_1_3_accepts_nothing(answer: bytes) -> None:
    assert code_of(of_1_3(), "TLSv1.3") is OK
    assert code_of(answer, "TLSv1.3") is MALFORMED


@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 400 Bad Request", b"\x16\x02", b"\x80\x2e\x01"])
def test_what_does_not_begin_as_tls_is_no_tls(start: bytes) -> None:
    assert code_of(start) is OutcomeCode.TLS_NOT_TLS


@pytest.mark.parametrize("words", [b"H", b"HTTP/1.1"])
def test_what_does_not_go_on_as_tls_is_malformed(words: bytes) -> None:
    assert code_of(warning_alert + words) is MALFORMED


@pytest.mark.parametrize(
    ("description", "code"),
    [
        (40, OutcomeCode.TLS_ALERT),
        (71, OutcomeCode.TLS_ALERT),
        (70, UNSUPPORTED),
        (86, UNSUPPORTED),
        (112, SNI_REFUSED),
        (0, CLOSED),
    ],
)
def test_an_alert_is_told_by_its_description(description: int, code: OutcomeCode) -> None:
    assert code_of(tls_alert(description)) is code


def test_a_warning_ends_nothing_by_itself() -> None:
    unrecognized_name = b"\x15\x03\x03\x00\x02\x01\x70"
    answer = Answer(offer())
    assert answer.feed(unrecognized_name) is None
    assert answer.ended(CLOSED) is SNI_REFUSED
    assert answer.feed(record(body())) is OK
    assert code_of(unrecognized_name + b"\x15\x03\x03\x00\x02\x01\x00") is SNI_REFUSED
    assert code_of(b"\x15\x03\x03\x00\x02\x01\x00") is CLOSED


def test_without_a_word_it_ends_as_the_connection_did() -> None:
    assert Answer(offer()).ended(CLOSED) is CLOSED


def test_warnings_without_end_are_cut_off() -> None:
    answer, fed_bytes = Answer(offer()), 0
    while (code := answer.feed(warning_alert)) is None:
        fed_bytes += len(warning_alert)
        assert fed_bytes <= ANSWER_BYTES
    assert code is MALFORMED


def test_a_server_hello_behind_other_messages_in_one_piece_is_read_first() -> None:
    assert code_of(record(body()) + b"\x16\x03\x03\x40\x00" + bytes(100_000)) is OK


@given(noise=st.binary(max_size=300), version=st.sampled_from(tuple(VERSIONS)))
def test_noise_is_told_by_a_code_and_never_accepted(noise: bytes, version: str) -> None:
    for start in (b"", b"\x16\x03\x03\x00\x80", b"\x16\x03\x03\x00\x80\x02\x00\x00\x7c\x03\x03"):
        assert code_of(start + noise, version) in (TLS_CODES - {OK}) | {None}


@given(
    sizes=st.lists(st.integers(1, 50), min_size=1),
    answer=st.sampled_from([record(body()), of_1_3(), warning_alert + tls_alert(40), b"\x16\x03q"]),
)
def test_the_pieces_it_comes_in_do_not_matter(sizes: list[int], answer: bytes) -> None:
    pieced, rest, code = Answer(offer()), answer, None
    while rest and code is None:
        size = sizes[len(rest) % len(sizes)]
        code = pieced.feed(rest[:size])
        rest = rest[size:]
    assert code is code_of(answer)


@given(at=st.integers(0, 43), flip=st.integers(1, 255))
def test_a_changed_byte_matters_only_where_it_has_no_meaning(at: int, flip: int) -> None:
    """Of no meaning are the record's minor version, its length beyond the message, the random."""
    changed = bytearray(record(body()))
    changed[at] ^= flip
    code = code_of(bytes(changed))
    is_free = at in range(2, 5) or at in range(11, 43)
    assert is_free or code is not OK


def test_the_choice_of_a_server_is_read() -> None:
    told = server_hello(body(session_id=b"id", extensions=b"\x00\x17\x00\x00"))
    assert (told.version, told.session_id, told.suite, told.compression) == (0x303, b"id", 0x2F, 0)
    with pytest.raises(Malformed):
        server_hello(b"")
