import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.prober.observe.service import (
    MQTT_CONNECT,
    SSL_REQUEST,
    service_answering,
    service_refusing,
    service_saying,
)

CERTAIN = [
    ("ssh", b"SSH-2.0-OpenSSH_9.7\r\n"),
    ("ssh", b"SSH-1.99-Cisco-1.25\n"),
    ("smtp", b"220 mail.example ESMTP Postfix\r\n"),
    ("smtp", b"220 ftp.example.com ESMTP ready\r\n"),
    ("smtp", b"220-mx.example Microsoft ESMTP MAIL Service\r\n220 go on\r\n"),
    ("ftp", b"220 (vsFTPd 3.0.3)\r\n"),
    ("ftp", b"220 ProFTPD Server (Debian) [::ffff:192.0.2.1]\r\n"),
    ("ftp", b"220 Microsoft FTP Service\r\n"),
    ("ftp", b"220 pyftpdlib 2.2.0 ready.\r\n"),
    ("ftp", b"220---------- Welcome to Pure-FTPd [privsep] ----------\r\n"),
    ("imap", b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n"),
    ("imap", b"* PREAUTH welcome\r\n"),
    ("pop3", b"+OK Dovecot ready.\r\n"),
    ("pop3", b"+OK\r\n"),
    ("nntp", b"200 news.example InterNetNews NNRP server INN 2.6 ready\r\n"),
    ("rfb", b"RFB 003.008\n"),
    ("telnet", b"\xff\xfd\x18\xff\xfd\x20"),
    ("irc", b":irc.example NOTICE AUTH :*** Looking up your hostname\r\n"),
    ("irc", b"NOTICE AUTH :*** Checking Ident\r\n"),
    ("sieve", b'"IMPLEMENTATION" "Dovecot Pigeonhole"\r\n'),
    ("rsync", b"@RSYNCD: 31.0\n"),
    ("amqp", b"AMQP\x00\x00\x09\x01"),
    ("redis", b"-ERR wrong number of arguments for 'get' command\r\n"),
    ("redis", b"-DENIED Redis is running in protected mode because\r\n"),
    ("redis", b"-NOAUTH Authentication required.\r\n"),
    ("mysql", b"\x4a\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00abcdefgh\x00"),
    ("mysql", b"\x5b\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\x00\x1f\x00\x00\x00"),
    (
        "mysql",
        b"\x45\x00\x00\x00\xff\x6a\x04Host 'a' is not allowed to connect to this MySQL server",
    ),
]
UNCERTAIN = [
    b"",
    b"220 ready\r\n",
    b"220 ftp.example.com ready\r\n",
    b"220 smtp.example.com ready\r\n",
    b"220 gate.example ESMTP and FTP proxy\r\n",
    b"200 OK\r\n",
    b"-ERR unknown command\r\n",
    b"hello, this is no SSH-2.0-x\r\n",
    b"SSH-",
    b"+OKAY",
    b"* OKAY",
    b"RFB 3.8\n",
    b"\xff\xff\xff\xff",
    b"\x4a\x00\x00\x00\x0aversion without an end",
    b"\x4a\x00\x00\x01\x0a8.0.36\x00",
    b"HTTP/1.1 400 Bad Request\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
]


@pytest.mark.parametrize(("service", "words"), CERTAIN)
def test_a_service_is_named_by_what_it_says(service: str, words: bytes) -> None:
    assert service_saying(words) == service


@pytest.mark.parametrize("words", UNCERTAIN)
def test_what_leaves_a_doubt_has_no_name(words: bytes) -> None:
    assert service_saying(words) == ""


@given(words=st.binary(max_size=300))
@example(words=b"220 ")
@example(words=b"\xff\xfb")
def test_no_words_raise_and_names_are_of_the_table(words: bytes) -> None:
    names = {service for service, _ in CERTAIN}
    for said in (words, b"220 " + words, b"..\x00\x00\x0a" + words):
        assert service_saying(said) in {*names, ""}


@pytest.mark.parametrize(("answer", "service"), [(b"S", "postgresql"), (b"N", "postgresql")])
def test_one_byte_of_two_is_postgresql(answer: bytes, service: str) -> None:
    assert SSL_REQUEST == b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
    assert service_answering(answer) == service


@pytest.mark.parametrize("answer", [b"", b"E", b"SS", b"No", SSL_REQUEST])
def test_any_other_answer_is_not(answer: bytes) -> None:
    assert service_answering(answer) == ""


def test_mqtt_is_asked_for_a_version_that_there_is_not() -> None:
    kind, length, *packet = MQTT_CONNECT
    assert (kind, length) == (0x10, len(packet))
    level = packet[6]
    assert level not in {3, 4, 5}
    assert level < 0x80  # which asks for a bridge


@pytest.mark.parametrize(
    "answer",
    [
        b"\x20\x02\x00\x01",
        b"\x20\x02\x00\x84",
        b"\x20\x03\x00\x84\x00",
        b"\x20\x09\x00\x84\x06\x1f\x00\x03old",
    ],
)
def test_a_refused_version_is_mqtt(answer: bytes) -> None:
    assert service_refusing(answer) == "mqtt"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x20",
        b"\x20\x02\x00\x00",
        b"\x20\x02\x01\x01",
        b"\x20\x02\x00\x01\x00",
        b"\x20\x03\x00\x84\x05",
        b"\x30\x02\x00\x01",
        MQTT_CONNECT,
    ],
)
def test_any_other_answer_to_it_is_not(answer: bytes) -> None:
    assert service_refusing(answer) == ""


@given(answer=st.binary(max_size=300))
def test_no_answer_to_it_raises(answer: bytes) -> None:
    assert service_refusing(answer) in {"mqtt", ""}
