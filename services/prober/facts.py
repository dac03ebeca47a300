"""What was observed of a target: the seam between observe and judge. Facts only, no opinion.

The shapes mirror facts.proto and know more: every header, the decoded body, each port's answer.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from outscope.failures import FailureReason
from outscope.quickly import quickly_made


class OutcomeCode(StrEnum):
    """How one stage ended; the values are those of the proto enum in lower case."""

    OK = "ok"
    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_NO_DATA = "dns_no_data"
    DNS_SERVFAIL = "dns_servfail"
    DNS_REFUSED = "dns_refused"
    DNS_TIMEOUT = "dns_timeout"
    DNS_MALFORMED = "dns_malformed"
    DNS_CNAME_LOOP = "dns_cname_loop"
    DNS_UNREACHABLE = "dns_unreachable"
    TCP_REFUSED = "tcp_refused"
    TCP_TIMEOUT = "tcp_timeout"
    TCP_UNREACHABLE = "tcp_unreachable"
    TCP_RESET = "tcp_reset"
    TCP_NO_IPV6 = "tcp_no_ipv6"
    TLS_NOT_TLS = "tls_not_tls"
    TLS_TIMEOUT = "tls_timeout"
    TLS_ALERT = "tls_alert"
    TLS_PROTOCOL_UNSUPPORTED = "tls_protocol_unsupported"
    TLS_CLIENT_CERTIFICATE_REQUIRED = "tls_client_certificate_required"
    TLS_SNI_REFUSED = "tls_sni_refused"
    TLS_RESET = "tls_reset"
    TLS_CLOSED = "tls_closed"
    TLS_MALFORMED = "tls_malformed"
    HTTP_NOT_HTTP = "http_not_http"
    HTTP_TIMEOUT = "http_timeout"
    HTTP_MALFORMED = "http_malformed"
    HTTP_CLOSED = "http_closed"
    HTTP_RESET = "http_reset"
    HTTP_TOO_LARGE = "http_too_large"
    HTTP_NO_ENDPOINT = "http_no_endpoint"
    HTTP_REDIRECT_LOOP = "http_redirect_loop"
    HTTP_NOT_ASKED = "http_not_asked"
    POLICY_REFUSED = "policy_refused"
    INTERNAL = "internal"


class Owner(StrEnum):
    """Who has to act for an outcome to change."""

    TARGET = "target"
    RESOLVER = "resolver"
    NETWORK = "network"
    POLICY = "policy"
    OURS = "ours"


class TcpState(StrEnum):
    """What a port answered to a connection attempt."""

    OPEN = "open"
    REFUSED = "refused"
    FILTERED = "filtered"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    NOT_TRIED = "not_tried"


class TlsFlag(StrEnum):
    """What breaks trust in a certificate chain or is weak in it; several at once."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    SELF_SIGNED = "self_signed"
    NAME_MISMATCH = "name_mismatch"
    UNTRUSTED_ROOT = "untrusted_root"
    INCOMPLETE_CHAIN = "incomplete_chain"
    WEAK_KEY = "weak_key"
    WEAK_SIGNATURE = "weak_signature"
    REVOKED = "revoked"


_NOT_THE_TARGET: Final = MappingProxyType(
    {
        OutcomeCode.DNS_REFUSED: Owner.RESOLVER,
        OutcomeCode.DNS_TIMEOUT: Owner.RESOLVER,
        OutcomeCode.DNS_MALFORMED: Owner.RESOLVER,
        OutcomeCode.DNS_UNREACHABLE: Owner.RESOLVER,
        OutcomeCode.TCP_TIMEOUT: Owner.NETWORK,
        OutcomeCode.TCP_UNREACHABLE: Owner.NETWORK,
        OutcomeCode.TCP_NO_IPV6: Owner.OURS,
        OutcomeCode.HTTP_NOT_ASKED: Owner.OURS,
        OutcomeCode.POLICY_REFUSED: Owner.POLICY,
        OutcomeCode.INTERNAL: Owner.OURS,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one stage ended and how long it took; whose it is follows from the code."""

    code: OutcomeCode
    duration_ms: int = 0

    @property
    def ok(self) -> bool:
        """Tell whether the stage succeeded."""
        return self.code is OutcomeCode.OK

    @property
    def owner(self) -> Owner | None:
        """Return who has to act; nobody when the stage succeeded."""
        return None if self.ok else _NOT_THE_TARGET.get(self.code, Owner.TARGET)


class Discovery(StrEnum):
    """What is requested beyond the paths that were asked for."""

    OFF = "off"
    STANDARD = "standard"
    DEEP = "deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """What was asked: a normalised name, ports in the order asked, percent-encoded paths."""

    fqdn: str
    ports: tuple[int, ...] = (80, 443)
    paths: tuple[str, ...] = ("/",)
    include_content_sample: bool = False
    # CAA, MX, NS, SPF and DMARC too.
    dns_records: bool = False
    # Which of TLS 1.0 to 1.3 each port accepts.
    tls_versions: bool = False
    # Followed for each path, 0 to 5.
    max_redirects: int = 0
    # Every path on every address.
    all_addresses: bool = False
    # Offered beside HTTP/1.1.
    http2: bool = False
    discovery: Discovery = Discovery.OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecords:
    """The records of one kind that was asked for: caa, mx, ns, spf or dmarc."""

    kind: str
    # The name that was asked, such as _dmarc.example.com.
    name: str
    outcome: Outcome
    # Presentation format (RFC 1035, section 5.1), in order; of spf and dmarc the text itself.
    values: tuple[str, ...] = ()
    ttl_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsFacts:
    """The addresses of the name and how they were found."""

    outcome: Outcome
    a_records: tuple[str, ...] = ()
    aaaa_records: tuple[str, ...] = ()
    # The names followed, without the queried one, in order.
    cname_chain: tuple[str, ...] = ()
    ttl_s: int | None = None
    # host:port of the resolver that answered; empty when none did.
    resolver: str = ""
    a_outcome: Outcome
    aaaa_outcome: Outcome
    # The resolver says that it validated the answer with DNSSEC.
    authenticated: bool = False
    records: tuple[DnsRecords, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One X.509 certificate as sent by the server; what cannot be parsed is empty or None."""

    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    serial_number: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    fingerprint_sha256: str
    key_type: str = ""
    key_bits: int = 0
    signature_algorithm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsVersion:
    """What came of a handshake in which one version, such as TLSv1.2, was offered."""

    version: str
    accepted: bool
    outcome: Outcome


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """What the handshake showed, complete with a bad certificate too."""

    # Not OK when the server spoke TLS and ended the handshake, such as with an alert.
    outcome: Outcome
    # A client with the public trust store would accept the certificate for this name now.
    valid: bool = False
    flags: tuple[TlsFlag, ...] = ()
    version: str = ""
    cipher: str = ""
    alpn: str = ""
    # Leaf first, as sent.
    chain: tuple[Certificate, ...] = ()
    # What the verifier said, for people; empty when valid.
    verify_message: str = ""
    # The group the keys were exchanged in, such as x25519; empty when none was.
    key_exchange: str = ""
    # Whole days until the leaf expires, negative once it has; None when that cannot be read.
    days_left: int | None = None
    # Of the leaf, by a stapled response its issuer vouches for: good, revoked, unknown; or empty.
    ocsp_status: str = ""
    # The server asked for a certificate of ours, whether it insists on one or not.
    client_certificate_requested: bool = False
    # What came of each version from TLSv1 on, when that was asked.
    versions: tuple[TlsVersion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Where the time of one request went, each from the end of what was before it."""

    # None on a connection used again.
    connect_ms: int | None = None
    # None without TLS, and on a connection used again.
    tls_ms: int | None = None
    # From the sent request; None when no byte came.
    first_byte_ms: int | None = None
    total_ms: int = 0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PathFacts:
    """What one request for one path brought back."""

    # As requested, percent-encoded.
    path: str
    outcome: Outcome
    # The http or https URL that was requested; empty when none could be.
    url: str = ""
    status: int | None = None
    reason: str = ""
    # Every header, names in lower case, in the order sent; credentials are NOT redacted here.
    headers: tuple[tuple[str, str], ...] = ()
    # As sent, parameters included.
    content_type: str | None = None
    # The charset parameter of the content type, in lower case; empty when there is none.
    charset: str = ""
    # Decoded from its content-encoding, at most 64 KiB; 16 KiB of a port that paths do not use.
    body: bytes = field(default=b"", repr=False)
    # SHA-256 of the first 64 KiB of body, lower-case hexadecimal; empty without one.
    body_sha256: str = ""
    # Bytes of the body that were read, before decoding.
    body_bytes: int = 0
    # The body was longer than what was read.
    truncated: bool = False
    # The document's <title>, at most 256 characters.
    title: str = ""
    server: str = ""
    # The Location header of a redirect, as sent.
    location: str = ""
    # 2, 1.1 or 1.0; empty when there was no answer.
    http_version: str = ""
    # None when no connection was made for it.
    timing: Timing | None = None
    # The address that was asked; empty when none was.
    address: str = ""
    # The redirects followed, in order, after this answer.
    redirects: tuple["Redirect", ...] = ()
    # What the other addresses answered, when that was asked.
    other_addresses: tuple["PathFacts", ...] = ()

    def header(self, name: str) -> str | None:
        """Return the first value of a header by its lower-case name, or None."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """One redirect that was followed, refused by the network policy, or not asked for."""

    answer: PathFacts
    # It leads to another host than the one before it.
    cross_host: bool
    # What its handshake showed, of the chain the leaf only; None without TLS.
    tls: TlsFacts | None = None
    # What forbids it, for people: the name of a range, never an address; empty when nothing does.
    denial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """What one port answered on one address."""

    address: str
    state: TcpState
    outcome: Outcome


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """One port: its TCP state, and what speaks on it."""

    port: int
    state: TcpState
    # The address the facts were taken from; empty when there was none to try.
    address: str = ""
    tcp_outcome: Outcome
    # None when the port is not open or does not speak TLS.
    tls: TlsFacts | None = None
    # None when the port is not open.
    tls_outcome: Outcome | None = None
    speaks_http: bool = False
    # None when the port is not open.
    http_outcome: Outcome | None = None
    # What this port answered for the first path; None when it does not speak HTTP.
    probe: PathFacts | None = None
    # How often it was looked at; twice when what the first time showed might have passed.
    attempts: int = 1
    # Every address of the name, at most eight, in the order of the answer.
    addresses: tuple[AddressFacts, ...] = ()
    # Addresses of the name beyond those.
    addresses_left_out: int = 0
    # What the server said first, at most 256 bytes; empty for TLS, HTTP and silence.
    banner: bytes = field(default=b"", repr=False)
    # IANA name where it is certain, such as ssh or https; else empty.
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """Everything one check observed."""

    spec: CheckSpec
    dns: DnsFacts
    # One per asked port, in the order asked; none when the name has no address.
    ports: tuple[PortFacts, ...] = ()
    # One per asked path, in the order asked, from the best endpoint.
    paths: tuple[PathFacts, ...] = ()
    # What a random path answered there that cannot exist; None when none was asked.
    control: PathFacts | None = None
    # What was requested there to find descriptions of APIs and logins, in order.
    discovered: tuple[PathFacts, ...] = ()
    # The whole check was cut short by its deadline.
    deadline_hit: bool = False
    # As whom we came, for those who want to let us in; empty where it is not known.
    egress_addresses: tuple[str, ...] = ()
    user_agent: str = ""

    @property
    def fqdn(self) -> str:
        """Return the normalised name that was checked."""
        return self.spec.fqdn


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No facts, and why, in a sentence for people; never an opinion about the target."""

    reason: FailureReason
    owner: Owner
    message: str


class BudgetKind(StrEnum):
    """Which of a target's budgets."""

    HOST = "host"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """Nothing more may be sent to the target now: the check is to be made later."""

    wait_s: float
    # The budget that is used up; None when nobody could tell.
    used_up: BudgetKind | None = None
