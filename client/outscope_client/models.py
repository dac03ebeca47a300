"""The answers of the API, one class each, as its OpenAPI document has them.

Every member is a key too: check.analysis.kind is check["analysis"]["kind"].
Rendered by `make docs`; change the schemas of the gateway instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from outscope_client.model import Model


class Outcome(Model):
    """How one stage of a check ended, who has to act for it to change, and how long it took."""

    #: ok, or what happened, such as dns_nxdomain.
    code: str
    #: target, resolver, network, policy or ours; null when the code is ok.
    owner: str | None
    #: How long the stage took.
    duration_ms: int


class Address(Model):
    """What the port answered on one address of the name."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "outcome": Outcome,
    }

    #: One of the addresses the name resolved to.
    address: str
    #: open, refused, filtered (no answer), unreachable, reset, or not_tried for a reason of
    #: ours, such as a vantage point without IPv6.
    state: str
    #: How the attempt to connect ended.
    outcome: Outcome | None


class SightDifference(Model):
    """One fact that differs."""

    #: geo_blocked, waf_by_region, dns_split, regional_outage, cert_differs, content_differs or
    #: prober_suspect.
    code: str
    #: The fact, by its path in the answer of the vantage point that differs.
    field: str
    #: What was seen there, as text.
    value: str
    #: What was seen where it was compared; null when it was compared with nobody.
    elsewhere: str | None


class Dissent(Model):
    """In what one vantage point differs from another."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "evidence": SightDifference,
    }

    #: The one that differs.
    vantage_point: str
    #: The one that came furthest and looks like most; null when this one was hindered by a
    #: fault of ours, and therefore is not counted.
    compared_with: str | None
    #: The class in its evidence that says most.
    code: str
    #: What differs; at least one fact.
    evidence: list[SightDifference]


class Agreement(Model):
    """Whether the vantage points that are counted agree."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "dissents": Dissent,
    }

    #: agree, or the class of disagreement that says most: geo_blocked, waf_by_region,
    #: dns_split, regional_outage, cert_differs, content_differs or prober_suspect.
    code: str
    #: The vantage points that are counted: those that speak of the target, and not of a fault
    #: of ours.
    counted: list[str]
    #: One for each vantage point that differs; none when all agree.
    dissents: list[Dissent]


class Evidence(Model):
    """One thing a rule looked at and what it saw."""

    #: The rule that looked.
    rule: str
    #: The path of the fact in this check, such as paths[0].headers.server; a body is shown only
    #: with include_content_sample.
    field: str
    #: What matched, at most 256 characters.
    value: str


class Layer(Model):
    """One of those who stand in front of the application; its presence decides nothing."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "evidence": Evidence,
    }

    #: Its name for people.
    vendor: str
    #: cdn, waf, bot_defence, access_proxy, load_balancer or hosting.
    role: str
    #: What it did with our requests: present, challenge, block or rate_limit.
    action: str
    #: What shows it.
    evidence: list[Evidence]


class PathAuthentication(Model):
    """What one path answered to a visitor without credentials."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "evidence": Evidence,
    }

    #: As requested, percent-encoded.
    path: str
    #: open, challenged (a 401), form (a login instead of content), redirected (to log in
    #: elsewhere), api_error (an error that asks for credentials), or unknown where a block, an
    #: error or a missing path does not say.
    state: str
    #: Schemes as registered: Basic, Bearer, Digest, Negotiate, DPoP, …
    schemes: list[str]
    #: The realm of the challenge, or null.
    realm: str | None
    #: The identity provider or access proxy by name, or by host where it is not known; null
    #: when there is none.
    provider: str | None
    #: Where to log in, or where it is told how; null when nothing says.
    entry_url: str | None
    #: What shows it; of an open path, what says that credentials are asked for elsewhere.
    evidence: list[Evidence]


class Authentication(Model):
    """Which paths ask for credentials, and how."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "paths": PathAuthentication,
    }

    #: Every path of the check that answered; then what asks for credentials in another way on
    #: another port, or beside the paths.
    paths: list[PathAuthentication]
    #: Gated ones of the check's paths that answered, from 0 to 1.
    gated_share: float
    #: Where to log in first; null when nothing says where.
    entry_url: str | None


class ApiDocument(Model):
    """A description of an API, or where one is said to be."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "evidence": Evidence,
    }

    #: openapi, swagger, asyncapi, graphql, api_catalog, postman, wsdl, wadl or odata;
    #: service_desc or service_doc of one that is only linked (RFC 8631); unknown of one that is
    #: protected.
    type: str
    #: parsed: it was read; protected: it is denied where a random path is not; unproven:
    #: something shows or speaks of it, and it was not seen itself, or it was and does not
    #: parse; linked: it is only named. Null in verdicts of rules before version 12.
    state: str | None
    #: Of the format, such as 3.1.0; null when not told.
    version: str | None
    #: What the document calls its API, or null.
    title: str | None
    #: Where it is; null when it stands in the page of its viewer.
    url: str | None
    #: How many it describes; null when it was not read to its end.
    operations: int | None
    #: By the names that the document gives them.
    security_schemes: list[str]
    #: Where the API is, as absolute URLs where they can be told.
    servers: list[str]
    #: False when it was cut by the size limit, or was named and not seen itself.
    complete: bool
    #: The viewer that shows it: Swagger UI, ReDoc, … null without one.
    ui: str | None
    #: What shows it.
    evidence: list[Evidence]


class Reason(Model):
    """Why the verdict is what it is."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "evidence": Evidence,
    }

    #: Stable, snake_case.
    code: str
    #: Security Blocks, Network, TLS, Content, Redirect or Policy; null in verdicts of rules
    #: before version 4.
    category: str | None
    #: One sentence a person can act on.
    message: str
    #: What the reason rests on.
    evidence: list[Evidence]


class Analysis(Model):
    """The verdict about what the target serves."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "layers": Layer,
        "authentication": Authentication,
        "documents": ApiDocument,
        "reasons": Reason,
    }

    #: At least one port accepted a connection.
    reachable: bool
    #: At least one port answered HTTP.
    speaks_http: bool
    #: Application content is served: no bot wall, block or parking page. True exactly when
    #: analyzability is analyzable.
    analyzable: bool
    #: analyzable, not_analyzable, or unknown where the facts leave both open: one ambiguous 403
    #: or 5xx, answers that contradict each other or broke off.
    analyzability: str
    #: Of the analyzability: high, medium or low.
    confidence: str
    #: api, website, spa, login_app, redirector, default_page, parked, static_files,
    #: other_service or none.
    kind: str
    #: Of the kind: high, medium or low.
    kind_confidence: str
    #: The next likely kind; null when there is none.
    kind_runner_up: str | None
    #: Who stands in front of the application, the one that did most first.
    layers: list[Layer]
    #: Something asks who one is: a login form, a challenge, a redirect to an identity provider;
    #: it follows from authentication.
    auth_detected: bool
    #: A description of an API is served to anybody: one of the documents was parsed. The page
    #: of a viewer alone is none.
    api_doc_detected: bool
    #: Which paths ask for credentials, how, and where to log in; null when no path answered,
    #: and in verdicts of rules before version 6.
    authentication: Authentication | None
    #: API documentation, each once; those parsed first, then what is shown, protected or only
    #: named. api_doc_detected counts those parsed.
    documents: list[ApiDocument]
    #: Why the verdict is what it is.
    reasons: list[Reason]
    #: The rules that reached this verdict.
    rules_version: str


class Header(Model):
    """One header field; credentials are redacted."""

    #: In lower case.
    name: str
    #: As sent; [redacted] stands for a credential.
    value: str


class Timing(Model):
    """Where the time of one request went, each from the end of what was before it."""

    #: Null on a connection used again.
    connect_ms: int | None
    #: Null without TLS, and on a connection used again.
    tls_ms: int | None
    #: From the sent request; null when no byte came.
    first_byte_ms: int | None
    #: From the beginning to the end of the answer, or of waiting for it.
    total_ms: int


class Answer(Model):
    """What one port answered for one path."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "headers": Header,
        "timing": Timing,
        "outcome": Outcome,
    }

    #: As requested, percent-encoded.
    path: str
    #: Null when no HTTP answer came.
    status_code: int | None
    #: As sent, parameters included.
    content_type: str | None
    #: What was requested; null when no port speaks HTTP.
    url: str | None
    #: The reason phrase of the status line; HTTP/2 has none.
    reason: str | None
    #: Of the answer: 2, 1.1 or 1.0; null without one.
    http_version: str | None
    #: The document's title.
    title: str | None
    #: The Server header.
    server: str | None
    #: The Location header of a redirect.
    location: str | None
    #: Selected ones, credentials redacted.
    headers: list[Header]
    #: Bytes of the body that were read.
    body_bytes: int
    #: The body was longer than what was read.
    truncated: bool
    #: Of the body that was read.
    body_sha256: str | None
    #: The address that was asked.
    address: str | None
    #: Null when no connection was made for it.
    timing: Timing | None
    #: How the request ended.
    outcome: Outcome | None


class PublishedBadge(Model):
    """A name whose verdict everybody may see."""

    #: The name, normalised as when creating a check.
    fqdn: str
    #: Since when this account publishes it.
    published_at: str
    #: Where anybody gets the badge, on this server.
    path: str


class Pagination(Model):
    """Where the next page begins."""

    #: Null on the last page.
    next_cursor: str | None
    #: Whether there is a page after this one.
    has_more: bool


class BadgeList(Model):
    """One page of published names."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": PublishedBadge,
        "pagination": Pagination,
    }

    #: The names of this page, in order of the alphabet.
    data: list[PublishedBadge]
    #: How to ask for the next page.
    pagination: Pagination


class CreatedItem(Model):
    """One check of a batch that was created."""

    #: Begins with chk_.
    id: str
    #: Lower-case A-labels without a trailing dot.
    fqdn: str


class BatchStats(Model):
    """How many items there were and what came of them."""

    #: Items that were sent.
    total: int
    #: Items that became checks.
    created: int
    #: Items that were refused.
    failed: int


class Problem(Model):
    """Why something was refused."""

    #: Stable, snake_case; tell errors apart by this.
    code: str
    #: For people; may change.
    message: str
    #: field and value name what was refused; other members depend on the code.
    details: dict[str, Any]


class RefusedItem(Model):
    """One item of a batch that was refused."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "error": Problem,
    }

    #: Its place in checks, from 0.
    index: int
    #: As sent; null when it was no string.
    fqdn: str | None
    #: Why it was refused.
    error: Problem


class BatchResult(Model):
    """What came of a batch: created and errors in the order sent."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "created": CreatedItem,
        "stats": BatchStats,
        "errors": RefusedItem,
    }

    #: The checks that were created, in the order sent.
    created: list[CreatedItem]
    #: How many there were of each.
    stats: BatchStats
    #: The items that were refused, in the order sent.
    errors: list[RefusedItem]


class Certificate(Model):
    """One X.509 certificate as the server sent it (RFC 5280)."""

    #: RFC 4514 text.
    subject: str
    #: RFC 4514 text.
    issuer: str
    #: Subject alternative names.
    names: list[str]
    #: Upper-case hexadecimal.
    serial_number: str
    #: When it begins to be valid.
    not_before: str | None
    #: When it expires.
    not_after: str | None
    #: Of the DER form, hexadecimal.
    fingerprint_sha256: str
    #: Such as rsa, ec or ed25519; empty when it cannot be read.
    key_type: str
    #: The size of the key; 0 when it cannot be told.
    key_bits: int
    #: How its issuer signed it.
    signature_algorithm: str


class ChangedWebhook(Model):
    """A webhook as it is after a change."""

    #: Begins with whk_.
    id: str
    #: Where events are sent.
    url: str
    #: Which events are sent, each once.
    events: list[str]
    #: What its owner wrote; mostly empty.
    description: str
    #: Of which name's checks events are sent; null: of all.
    fqdn: str | None
    #: From which vantage points; empty: from all.
    vantage_points: list[str]
    #: What a delivery carries of a check.
    payload: str
    #: How deliveries are signed.
    signatures: list[str]
    #: The names of the headers sent along; never their values.
    header_names: list[str]
    #: Whether events are sent; while not, they are kept for a replay.
    enabled: bool
    #: disabled_by_user; endpoint_gone: it answered 410; failing: for five days nothing else.
    #: Null while enabled.
    disabled_reason: str | None
    #: Null while enabled.
    disabled_at: str | None
    #: The first failure since the last success; null after a success.
    failing_since: str | None
    #: Attempts wait until then, because the receiver is overloaded or asked for it; null when
    #: they don't.
    slowed_until: str | None
    #: Until when a secret rotated away still signs, too; null when none does.
    old_secret_signs_until: str | None
    #: What of it cannot be read any more, because its operator lost a key: secret, old_secrets,
    #: signing_key, headers. Its deliveries wait until it is set anew. Mostly empty.
    unreadable: list[str]
    #: When it was created.
    created_at: str
    #: When its owner changed it last.
    updated_at: str
    #: What may keep events from arriving; absent when there is nothing.
    warnings: list[str]


class DnsRecords(Model):
    """The records of one kind, and how they were found."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "outcome": Outcome,
    }

    #: caa, mx, ns, spf or dmarc.
    kind: str
    #: The name that has them: for caa, ns and dmarc perhaps one above the name checked. When
    #: none has any, the first that was asked.
    name: str
    #: dns_no_data when the name exists without such records, dns_nxdomain when it does not;
    #: another dns_ code when that is not known.
    outcome: Outcome | None
    #: At most 32, each of at most 1,024 characters: caa, mx and ns as in zone files, spf and
    #: dmarc the text itself.
    # By its key only, ["values"]: a dict has a method of this name.
    #: The smallest of all records used; null without.
    ttl_s: int | None


class Dns(Model):
    """The addresses of the name and how they were found."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "outcome": Outcome,
        "a_outcome": Outcome,
        "aaaa_outcome": Outcome,
        "records": DnsRecords,
    }

    #: IPv4 addresses.
    a_records: list[str]
    #: IPv6 addresses.
    aaaa_records: list[str]
    #: The aliases followed, in order.
    cname_chain: list[str]
    #: The smallest of all records used.
    ttl_s: int | None
    #: HOST:PORT of the resolver that answered.
    resolver: str | None
    #: The resolver says that it validated the answer with DNSSEC (AD bit).
    authenticated: bool
    #: Of the look-up as a whole.
    outcome: Outcome | None
    #: Of the question for IPv4 addresses.
    a_outcome: Outcome | None
    #: Of the question for IPv6 addresses.
    aaaa_outcome: Outcome | None
    #: CAA, MX, NS, SPF and DMARC, in this order; empty unless dns_records was asked for.
    records: list[DnsRecords]


class TlsVersion(Model):
    """What came of a handshake in which one version of TLS was offered."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "outcome": Outcome,
    }

    #: TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3.
    version: str
    #: The server picked the version. False is a refusal only where the outcome says so:
    #: tls_protocol_unsupported; after any other, such as tls_timeout, it is not known.
    accepted: bool
    #: How the handshake for it ended.
    outcome: Outcome | None


class Tls(Model):
    """TLS on a port, valid or not."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "chain": Certificate,
        "versions": TlsVersion,
        "outcome": Outcome,
    }

    #: A client with the public trust store would accept it for this name.
    valid: bool
    #: When the leaf expires; null when none was seen.
    expires_at: str | None
    #: Everything that breaks trust or is weak: expired, not_yet_valid, self_signed,
    #: name_mismatch, untrusted_root, incomplete_chain, weak_key, weak_signature, revoked.
    flags: list[str]
    #: What the verifier said; for people.
    verify_message: str | None
    #: Such as TLSv1.3.
    version: str | None
    #: The cipher suite, as OpenSSL names it.
    cipher: str | None
    #: The protocol agreed on by ALPN; null when none was.
    alpn: str | None
    #: Of the leaf, RFC 4514 text.
    issuer: str | None
    #: Of the leaf, RFC 4514 text.
    subject: str | None
    #: Subject alternative names of the leaf.
    names: list[str]
    #: Leaf first, as sent.
    chain: list[Certificate]
    #: The group of the key exchange by its IANA name, such as x25519.
    key_exchange: str | None
    #: Whole days until the leaf expires; negative once it has.
    days_left: int | None
    #: What the stapled OCSP response says of the leaf: good, revoked, unknown; null without one
    #: that its issuer vouches for.
    ocsp_status: str | None
    #: The server asked for a certificate of the client's, whether it insists on one or not.
    client_certificate_requested: bool
    #: What came of each version, from TLSv1 to TLSv1.3; empty unless tls_versions was asked
    #: for.
    versions: list[TlsVersion]
    #: How the handshake ended.
    outcome: Outcome | None


class Port(Model):
    """One TCP port of the target."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "tls": Tls,
        "tcp_outcome": Outcome,
        "tls_outcome": Outcome,
        "http_outcome": Outcome,
        "probe": Answer,
        "addresses": Address,
    }

    #: The number that was asked for.
    port: int
    #: A connection was accepted, whatever speaks there.
    tcp_open: bool
    #: Null when the port does not speak TLS.
    tls: Tls | None
    #: open, refused, filtered (no answer), unreachable or reset.
    state: str
    #: The address these facts come from.
    address: str | None
    #: It answered a request with HTTP, over TLS or in the clear.
    speaks_http: bool
    #: How the attempt to connect ended.
    tcp_outcome: Outcome | None
    #: Null when the port is not open.
    tls_outcome: Outcome | None
    #: Null when the port is not open.
    http_outcome: Outcome | None
    #: What the port answered for the first path, with those headers that the verdict cites;
    #: null when it does not speak HTTP.
    probe: Answer | None
    #: How often the port was looked at: 2 when the first time ended in a reset or in an error
    #: of the server that might have passed.
    attempts: int
    #: Every address of the name, at most 8, in the order of the DNS answer.
    addresses: list[Address]
    #: Addresses of the name beyond those.
    addresses_left_out: int
    #: What the server said first, up to 256 bytes: text, or base64 when banner_encoding says
    #: so. Null for TLS and HTTP, and when it said nothing.
    banner: str | None
    #: Whether the banner is text or base64; null without one.
    banner_encoding: str | None
    #: IANA name where it is certain, such as ssh, http or https.
    service: str | None


class Redirect(Model):
    """One redirect that was followed, or not."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "answer": Answer,
        "tls": Tls,
    }

    #: It leads to another host than the one before it.
    cross_host: bool
    #: What was answered there; the outcome says why when nothing was asked.
    answer: Answer
    #: The handshake there, of its chain the leaf only; null without TLS.
    tls: Tls | None
    #: What forbids it, when its outcome is policy_refused; otherwise null.
    denial: str | None


class Sample(Model):
    """A stored response: headers and up to 64 KiB of body."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "headers": Header,
    }

    #: In the order sent, credentials redacted.
    headers: list[Header]
    #: Text, or base64 when body_encoding says so.
    body: str
    #: Whether the body is text or base64.
    body_encoding: str
    #: The response was longer than what is kept.
    truncated: bool
    #: When the sample will be deleted.
    expires_at: str | None


class Path(Model):
    """One path of the target, requested on its best endpoint."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "headers": Header,
        "timing": Timing,
        "outcome": Outcome,
        "redirects": Redirect,
        "other_addresses": Answer,
        "sample": Sample,
    }

    #: As requested, percent-encoded.
    path: str
    #: Null when no HTTP answer came.
    status_code: int | None
    #: As sent, parameters included.
    content_type: str | None
    #: What was requested; null when no port speaks HTTP.
    url: str | None
    #: The reason phrase of the status line; HTTP/2 has none.
    reason: str | None
    #: Of the answer: 2, 1.1 or 1.0; null without one.
    http_version: str | None
    #: The document's title.
    title: str | None
    #: The Server header.
    server: str | None
    #: The Location header of a redirect.
    location: str | None
    #: Selected ones, credentials redacted.
    headers: list[Header]
    #: Bytes of the body that were read.
    body_bytes: int
    #: The body was longer than what was read.
    truncated: bool
    #: Of the body that was read.
    body_sha256: str | None
    #: The address that was asked.
    address: str | None
    #: Null when no connection was made for it.
    timing: Timing | None
    #: How the request ended.
    outcome: Outcome | None
    #: Those followed, in order; empty unless max_redirects.
    redirects: list[Redirect]
    #: What the other addresses answered; empty unless all_addresses.
    other_addresses: list[Answer]
    #: Null unless include_content_sample, and once it has expired.
    sample: Sample | None


class Failure(Model):
    """Why we could not carry the check out."""

    #: Stable, snake_case, and the list may grow: target_refused, target_budget,
    #: ipv6_unavailable, resolver_unavailable, resolver_failed, deadline_exceeded,
    #: attempts_exhausted, vantage_unavailable, internal.
    reason: str
    #: target, resolver, network, policy or ours.
    owner: str
    #: One sentence for people: what happened, and what to do.
    message: str


class Requested(Model):
    """What was asked, normalised, with the defaults filled in."""

    #: TCP ports, in the order asked.
    ports: list[int]
    #: Percent-encoded, in the order asked.
    paths: list[str]
    #: Whether what each path answers is kept.
    include_content_sample: bool
    #: Days until the samples are deleted.
    content_retention_days: int | None
    #: Whether CAA, MX, NS, SPF and DMARC are asked.
    dns_records: bool
    #: Whether each port is asked which versions of TLS it accepts.
    tls_versions: bool
    #: Redirects followed for each path.
    max_redirects: int
    #: Whether every path is requested on every address.
    all_addresses: bool
    #: Whether HTTP/2 is offered beside HTTP/1.1.
    http2: bool
    #: How much is requested beyond the paths.
    discovery: str
    #: The vantage points, by name, when several were asked for; else empty.
    vantage_points: list[str]
    #: How many of several vantage points have to have come as far as the merged verdict says;
    #: null with one.
    quorum: str | None


class Observer(Model):
    """From where, by whom and when the result was observed."""

    #: The region the target was looked at from.
    vantage_point: str
    #: The process that carried the check out, one of several.
    prober_id: str
    #: The version of OutScope it ran.
    prober_version: str
    #: When it began.
    started_at: str | None
    #: How long it took, queueing not counted.
    duration_ms: int
    #: Addresses the requests came from; empty where the prober is not told.
    egress_addresses: list[str]
    #: False where IPv6 addresses could not be tried.
    has_ipv6: bool | None
    #: What the requests were signed with.
    user_agent: str | None
    #: There was too much to report: headers, samples, certificates, addresses or further
    #: answers are missing. The verdict was reached with them.
    report_shortened: bool


class VantageView(Model):
    """What came of a check at one of its vantage points, as if it were made from there alone."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "analysis": Analysis,
        "dns": Dns,
        "ports": Port,
        "paths": Path,
        "control": Path,
        "discovered": Path,
        "failure": Failure,
        "observer": Observer,
    }

    #: The region.
    vantage_point: str
    #: Here; the check ends when each of its vantage points has.
    status: str
    #: The verdict; null until completed.
    analysis: Analysis | None
    #: Null until completed.
    dns: Dns | None
    #: In the order asked; empty until completed.
    ports: list[Port]
    #: In the order asked; empty until completed.
    paths: list[Path]
    #: What a random path answered, or null.
    control: Path | None
    #: What was requested beyond the paths.
    discovered: list[Path]
    #: Null unless failed.
    failure: Failure | None
    #: When it completed, failed or was cancelled.
    completed_at: str | None
    #: Null until completed.
    observer: Observer | None


class Check(Model):
    """A check: what was asked, how far it is, what came of it."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "analysis": Analysis,
        "dns": Dns,
        "ports": Port,
        "paths": Path,
        "control": Path,
        "discovered": Path,
        "failure": Failure,
        "request": Requested,
        "observer": Observer,
        "vantages": VantageView,
        "agreement": Agreement,
    }

    #: Begins with chk_.
    id: str
    #: Lower-case A-labels without a trailing dot.
    fqdn: str
    #: pending until there is a result, then completed; failed when we could not carry it out,
    #: cancelled when its owner no longer wanted it.
    status: str
    #: Null until completed.
    analysis: Analysis | None
    #: Null until completed.
    dns: Dns | None
    #: In the order asked; empty until completed.
    ports: list[Port]
    #: In the order asked; empty until completed.
    paths: list[Path]
    #: What a random path answered that cannot exist; null without discovery, and where nothing
    #: was asked for it.
    control: Path | None
    #: What was requested beyond the paths to find descriptions of APIs and logins, in order.
    discovered: list[Path]
    #: Null unless failed.
    failure: Failure | None
    #: When it was accepted.
    created_at: str
    #: When it completed, failed or was cancelled.
    completed_at: str | None
    #: When the verdict was last reached anew from the facts kept, or null.
    rejudged_at: str | None
    #: The region it is made from; null when it is made from several.
    vantage_point: str | None
    #: The request as it was understood.
    request: Requested
    #: Null until completed. Of a check from several vantage points the one whose answer stands
    #: here, as its verdict is the merged one.
    observer: Observer | None
    #: What each of several vantage points saw, in the order asked; empty when the check is made
    #: from one.
    vantages: list[VantageView]
    #: Whether several vantage points agree; null until completed, with one, and when none of
    #: them can be counted.
    agreement: Agreement | None


class CheckEventBody(Model):
    """A check has ended."""

    #: How it ended.
    type: str
    #: When the event happened.
    timestamp: str
    #: Rises by one from event to event of this webhook; absent when it is not known.
    sequence: int
    #: That data is thin; absent when it is full.
    payload: str
    #: Why it is thin although full was asked for: over 256 KiB.
    payload_reason: str
    #: The check, as GET /v1/check/{id} shows it; of a thin payload, which it is.
    data: Any


class CreatedCheck(Model):
    """A check that has just been created."""

    #: Begins with chk_.
    id: str
    #: Normalised.
    fqdn: str
    #: pending until the check has ended.
    status: str
    #: When it was accepted.
    created_at: str


class CheckList(Model):
    """One page of checks, newest first."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": CreatedCheck,
        "pagination": Pagination,
    }

    #: The checks of this page, newest first.
    data: list[CreatedCheck]
    #: How to ask for the next page.
    pagination: Pagination


class ConsideredRule(Model):
    """One rule that was asked, and what came of it."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "evidence": Evidence,
    }

    #: Its id, such as cloudflare.challenge; docs/rules.md lists them all.
    rule: str
    #: decided: it fired on the answer that decided. fired: it made an answer what it is, or is
    #: told beside; it did not decide. outranked: it fits, but something before it had decided
    #: what the answer is. gated: what it looks for was seen, but not under its conditions.
    #: present: it shows who stands in front, which never decides. considered: it was asked, and
    #: nothing of what it looks for was seen.
    role: str
    #: The answer it looked at, such as paths[0]; null when it was no one.
    where: str | None
    #: One sentence for people.
    message: str
    #: What it saw; empty when it saw nothing.
    evidence: list[Evidence]


class CreatedWebhook(Model):
    """A webhook that has just been created, with its secret."""

    #: Begins with whk_.
    id: str
    #: Where events are sent.
    url: str
    #: Which events are sent, each once.
    events: list[str]
    #: What its owner wrote; mostly empty.
    description: str
    #: Of which name's checks events are sent; null: of all.
    fqdn: str | None
    #: From which vantage points; empty: from all.
    vantage_points: list[str]
    #: What a delivery carries of a check.
    payload: str
    #: How deliveries are signed.
    signatures: list[str]
    #: The names of the headers sent along; never their values.
    header_names: list[str]
    #: Whether events are sent; while not, they are kept for a replay.
    enabled: bool
    #: disabled_by_user; endpoint_gone: it answered 410; failing: for five days nothing else.
    #: Null while enabled.
    disabled_reason: str | None
    #: Null while enabled.
    disabled_at: str | None
    #: The first failure since the last success; null after a success.
    failing_since: str | None
    #: Attempts wait until then, because the receiver is overloaded or asked for it; null when
    #: they don't.
    slowed_until: str | None
    #: Until when a secret rotated away still signs, too; null when none does.
    old_secret_signs_until: str | None
    #: What of it cannot be read any more, because its operator lost a key: secret, old_secrets,
    #: signing_key, headers. Its deliveries wait until it is set anew. Mostly empty.
    unreadable: list[str]
    #: When it was created.
    created_at: str
    #: When its owner changed it last.
    updated_at: str
    #: Signs every delivery (Standard Webhooks): keep it.
    secret: str
    #: What may keep events from arriving; absent when there is nothing.
    warnings: list[str]


class DeliveryAttempt(Model):
    """One attempt at a delivery."""

    #: From 1.
    attempt: int
    #: When.
    attempted_at: str
    #: How long it took.
    duration_ms: int
    #: Null when no HTTP answer came.
    status_code: int | None
    #: Why it failed, stable and snake_case; null on success.
    error: str | None
    #: The first 1 KiB of what the receiver answered, as text; null if none.
    answer: str | None


class Delivery(Model):
    """An event on its way to a webhook."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "attempts": DeliveryAttempt,
    }

    #: Begins with dlv_.
    id: str
    #: The webhook-id header, msg_…: the same on every attempt and resend.
    message_id: str
    #: Such as check.completed.
    event_type: str
    #: When the event happened.
    event_at: str
    #: The check whose event it is, chk_…; null for events of webhooks.
    check_id: str | None
    #: Rises with each event of this webhook; null for early ones.
    sequence: int | None
    #: pending: an attempt is due, now or later. failed: none is made by itself any more. held:
    #: it happened while the webhook was disabled, and can be replayed.
    status: str
    #: The latest 20 attempts, newest first.
    attempts: list[DeliveryAttempt]
    #: Null when none is due.
    next_attempt_at: str | None
    #: Null until it has.
    ended_at: str | None


class DeliveryList(Model):
    """One page of deliveries, newest first."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": Delivery,
        "pagination": Pagination,
    }

    #: The deliveries, newest first.
    data: list[Delivery]
    #: How to ask for the next page.
    pagination: Pagination


class Difference(Model):
    """The verdict that was stored, and the one that the current rules reach."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "before": Analysis,
        "after": Analysis,
    }

    #: The verdict that was stored.
    before: Analysis
    #: The verdict that the current rules reach, and that is stored now.
    after: Analysis
    #: The names of the fields that differ; empty when none does.
    changed: list[str]


class DisabledWebhookEvent(Model):
    """Which webhook was disabled, and why."""

    #: Begins with whk_.
    webhook_id: str
    #: Where its events were sent.
    url: str
    #: endpoint_gone or failing, as the webhook itself says.
    disabled_reason: str


class DisabledEventBody(Model):
    """Another webhook of the account was disabled."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": DisabledWebhookEvent,
    }

    #: What happened.
    type: str
    #: When the event happened.
    timestamp: str
    #: Rises by one from event to event of this webhook; absent when it is not known.
    sequence: int
    #: Which one, and why.
    data: DisabledWebhookEvent


class DisabledWebhook(Model):
    """A webhook that gets nothing."""

    #: Begins with whk_.
    id: str
    #: disabled_by_user, endpoint_gone or failing, as the webhook says.
    disabled_reason: str
    #: Since when.
    disabled_at: str


class ExpectedAnalysis(Model):
    """The fields of the analysis that should be otherwise, with the value they should have."""

    #: Whether any port accepts a connection.
    reachable: bool
    #: Whether any port answers HTTP.
    speaks_http: bool
    #: Whether content of the application is served.
    analyzable: bool
    #: A kind as in Analysis, such as website.
    kind: str
    #: Whether anything asks who one is.
    auth_detected: bool
    #: Whether a description of an API is served to anybody.
    api_doc_detected: bool


class Explanation(Model):
    """What the current rules say of a check's facts."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "analysis": Analysis,
        "rules": ConsideredRule,
    }

    #: The check; begins with chk_.
    id: str
    #: What they conclude; the check keeps the verdict it has.
    analysis: Analysis
    #: The check's verdict is the same.
    is_current: bool
    #: Those that had something to say, at most 200, by role; then every other that was asked.
    #: Within a role they are in the order in which the judge looks.
    rules: list[ConsideredRule]


class LimitUse(Model):
    """One limit, and what has been used of it."""

    #: Null when there is none.
    limit: int | None
    #: Null when it is not counted: the minute without a limit, and the month without any limit.
    used: int | None
    #: Null without a limit.
    remaining: int | None
    #: When all of it is left again at the latest; null when all of it is.
    reset_at: str | None
    #: Whether all keys of the account share it, or it is this key's own.
    scope: str


class PublicKey(Model):
    """What v1a signatures are verified with."""

    #: whpk_ and the base64 of an ed25519 key.
    public_key: str


class RejudgedCheck(Model):
    """A check with its new verdict."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "check": Check,
        "difference": Difference,
    }

    #: The check with its new verdict.
    check: Check
    #: What the current rules changed.
    difference: Difference


class RejudgedItem(Model):
    """One check of a page: exactly one of difference and error is not null."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "difference": Difference,
        "error": Problem,
    }

    #: Begins with chk_.
    id: str
    #: Lower-case A-labels without a trailing dot.
    fqdn: str
    #: What the current rules changed; null when it was not judged.
    difference: Difference | None
    #: Why it was not judged.
    error: Problem | None


class RejudgedList(Model):
    """One page of completed checks, newest first, each judged anew where it could be."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": RejudgedItem,
        "pagination": Pagination,
    }

    #: The checks of this page, newest first.
    data: list[RejudgedItem]
    #: How to ask for the next page.
    pagination: Pagination


class Replayed(Model):
    """How much is sent."""

    #: How many deliveries are on their way.
    deliveries: int


class Review(Model):
    """A review and how far it is."""

    #: Begins with rev_.
    id: str
    #: The check whose verdict is disputed.
    check_id: str
    #: accepted: the verdict was wrong. rejected: it stands.
    state: str
    #: What of the verdict is disputed.
    reason: str
    #: What whoever disputes it sees there; empty when nothing was said.
    comment: str
    #: The fields of the analysis that should be otherwise.
    expected: dict[str, Any]
    #: When it was opened.
    created_at: str
    #: Null while it is open.
    closed_at: str | None
    #: What whoever closed it says.
    answer: str | None


class RotatedSecret(Model):
    """The secret that signs from now on."""

    #: whsec_…, the new one.
    secret: str
    #: Until when the one before signs, too; null: not any more.
    old_secret_signs_until: str | None


class SecretAccess(Model):
    """Who read or rotated a secret."""

    #: What was done.
    action: str
    #: When.
    at: str
    #: The API key that did it, key_…
    key_id: str


class Secret(Model):
    """The signing secret, and who has asked for it."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "accesses": SecretAccess,
    }

    #: whsec_…
    secret: str
    #: The latest 20 times it was read or rotated, newest first, this one too.
    accesses: list[SecretAccess]


class TestEvent(Model):
    """What a sample says."""

    #: The webhook that is tested, whk_….
    webhook_id: str
    #: That it is a sample, for people.
    message: str


class TestEventBody(Model):
    """A sample, to see whether deliveries arrive."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": TestEvent,
    }

    #: What happened.
    type: str
    #: When the event happened.
    timestamp: str
    #: Rises by one from event to event of this webhook; absent when it is not known.
    sequence: int
    #: Which webhook.
    data: TestEvent


class ThinCheck(Model):
    """Which check has ended; GET /v1/check/{id} shows it."""

    #: Begins with chk_.
    id: str
    #: The name that was checked.
    fqdn: str
    #: How it ended: completed, failed or cancelled.
    status: str


class WebhookUse(Model):
    """The webhooks of the account."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "disabled": DisabledWebhook,
    }

    #: How many may be enabled at once.
    limit: int
    #: How many are.
    enabled: int
    #: Those that are not, the latest first, at most 100.
    disabled: list[DisabledWebhook]


class Usage(Model):
    """What the key is held to, and what has been used of it."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "rate": LimitUse,
        "in_flight": LimitUse,
        "monthly": LimitUse,
        "webhooks": WebhookUse,
    }

    #: Checks created in the running minute.
    rate: LimitUse
    #: Checks that are pending.
    in_flight: LimitUse
    #: Checks created in the running calendar month, UTC.
    monthly: LimitUse
    #: How many webhooks there are, and which are disabled.
    webhooks: WebhookUse


class VantageFault(Model):
    """A self-test that a prober does not pass."""

    #: `resolver` or `canary`.
    part: str
    #: For people.
    reason: str


class VantagePoint(Model):
    """How it stands at one vantage point."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "faults": VantageFault,
    }

    #: What `vantage_point` of a check takes.
    name: str
    #: What its operator says of where it stands, each a key and a value, in order of the
    #: alphabet.
    tags: list[str]
    #: It is your account's own: no other account is told of it or can use it.
    is_private: bool
    #: Those that said within the last seconds that they are alive.
    live_probers: int
    #: Those of them that pass their self-tests. While there is none, checks wait, and fail with
    #: `vantage_unavailable` in the end.
    fit_probers: int
    #: What fails of the others' self-tests, each once.
    faults: list[VantageFault]
    #: Checks of all accounts that have not ended: waiting or in work.
    queue: int
    #: The median time from its creation to its beginning of checks that ended in the last 15
    #: minutes, in seconds; null without any.
    typical_wait_s: float | None
    #: Every live prober can try IPv6 addresses; false without any.
    has_ipv6: bool
    #: Of the live probers, each once.
    versions: list[str]


class VantagePointList(Model):
    """Every vantage point, the default one first."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": VantagePoint,
    }

    #: The vantage points, the default one first.
    data: list[VantagePoint]


class Webhook(Model):
    """Where events are sent, and whether they are."""

    #: Begins with whk_.
    id: str
    #: Where events are sent.
    url: str
    #: Which events are sent, each once.
    events: list[str]
    #: What its owner wrote; mostly empty.
    description: str
    #: Of which name's checks events are sent; null: of all.
    fqdn: str | None
    #: From which vantage points; empty: from all.
    vantage_points: list[str]
    #: What a delivery carries of a check.
    payload: str
    #: How deliveries are signed.
    signatures: list[str]
    #: The names of the headers sent along; never their values.
    header_names: list[str]
    #: Whether events are sent; while not, they are kept for a replay.
    enabled: bool
    #: disabled_by_user; endpoint_gone: it answered 410; failing: for five days nothing else.
    #: Null while enabled.
    disabled_reason: str | None
    #: Null while enabled.
    disabled_at: str | None
    #: The first failure since the last success; null after a success.
    failing_since: str | None
    #: Attempts wait until then, because the receiver is overloaded or asked for it; null when
    #: they don't.
    slowed_until: str | None
    #: Until when a secret rotated away still signs, too; null when none does.
    old_secret_signs_until: str | None
    #: What of it cannot be read any more, because its operator lost a key: secret, old_secrets,
    #: signing_key, headers. Its deliveries wait until it is set anew. Mostly empty.
    unreadable: list[str]
    #: When it was created.
    created_at: str
    #: When its owner changed it last.
    updated_at: str


class WebhookChange(Model):
    """What to change of a webhook; what is left out stays."""

    #: https; no user name, no fragment, no address the network policy forbids. http is
    #: delivered only toward networks opened with --allow-net: an address outside them is
    #: refused, and a name is accepted with a warning.
    url: str
    #: Events by name; check.* and webhook.* stand for all of a kind, * for all. Duplicates are
    #: dropped.
    events: list[str]
    #: Whatever helps you to tell it from others.
    description: str
    #: Events of checks of this name only, or of every name under it: *.example.com. Null: of
    #: all.
    fqdn: str | None
    #: Events of checks from these vantage points only. Empty: from all.
    vantage_points: list[str]
    #: full: the check as GET /v1/check/{id} shows it, and thin, saying so, when that is over
    #: 256 KiB. thin: which check it is and how it ended.
    payload: str
    #: v1 is HMAC-SHA256 with the secret, and always there; v1a is ed25519, which anybody
    #: verifies with the public key.
    signatures: list[str]
    #: Sent with every delivery, such as an Authorization of yours: at most 20. Values are kept
    #: encrypted where the operator has set a key for that, and shown by no answer.
    headers: dict[str, Any]
    #: false keeps events for later instead of sending them; true sends again, whatever disabled
    #: it.
    enabled: bool


class WebhookList(Model):
    """One page of webhooks, newest first."""

    _models: ClassVar[Mapping[str, type[Model]]] = {
        "data": Webhook,
        "pagination": Pagination,
    }

    #: The webhooks of this page, newest first.
    data: list[Webhook]
    #: How to ask for the next page.
    pagination: Pagination
