from dataclasses import replace

from services.prober.judge.verdict import (
    ApiDocument,
    Authentication,
    AuthState,
    Evidence,
    PathAuthentication,
)
from services.prober.report_verdict import analysis_message, cited_headers
from tests.unit.prober.reporting import VERDICT

CHALLENGE = Evidence(rule="auth.challenge", field="paths[0].headers.www-authenticate", value="x")
LINK = Evidence(
    rule="documentation.link", field="paths[1].redirects[0].answer.headers.link", value="</o>"
)
LOGIN = "https://user:pw@site.test/login?token=secret&next=/"
MAP = Authentication(
    paths=(
        PathAuthentication(path="/", state=AuthState.OPEN),
        PathAuthentication(
            path="/a",
            state=AuthState.CHALLENGED,
            schemes=("Bearer", "DPoP"),
            realm="shop",
            provider="Okta",
            entry_url=LOGIN,
            evidence=(CHALLENGE,),
        ),
    ),
    gated_share=0.5,
    entry_url=LOGIN,
)
DOCUMENT = ApiDocument(
    type="openapi",
    version="3.1.0",
    title="Shop",
    url="https://site.test/o?api_key=secret",
    operations=0,
    security_schemes=("jwt",),
    servers=("https://site.test/v1?token=secret",),
    complete=True,
    ui="ReDoc",
    evidence=(LINK,),
)


def test_the_map_of_authentication_is_reported_without_credentials() -> None:
    known = analysis_message(replace(VERDICT, authentication=MAP)).authentication
    assert known.gated_share == 0.5
    assert known.entry_url == "https://[redacted]@site.test/login?token=[redacted]&next=/"
    first, second = known.paths
    assert (first.path, first.state, list(first.schemes)) == ("/", "open", [])
    assert (second.state, second.realm, second.provider) == ("challenged", "shop", "Okta")
    assert list(second.schemes) == ["Bearer", "DPoP"]
    assert second.entry_url == known.entry_url
    assert second.evidence[0].rule == "auth.challenge"


def test_a_verdict_without_a_map_is_reported_without_one() -> None:
    assert not analysis_message(VERDICT).HasField("authentication")


def test_documents_are_reported_without_credentials() -> None:
    told = replace(
        VERDICT, documents=(DOCUMENT, replace(DOCUMENT, operations=None, complete=False))
    )
    whole, cut = analysis_message(told).documents
    assert (whole.type, whole.version, whole.title, whole.ui) == (
        "openapi",
        "3.1.0",
        "Shop",
        "ReDoc",
    )
    assert whole.url == "https://site.test/o?api_key=[redacted]"
    assert list(whole.servers) == ["https://site.test/v1?token=[redacted]"]
    assert list(whole.security_schemes) == ["jwt"]
    assert (whole.operations, whole.HasField("operations"), whole.complete) == (0, True, True)
    assert (cut.HasField("operations"), cut.complete) == (False, False)


def test_headers_are_cited_wherever_they_are_evidence() -> None:
    cited = cited_headers(replace(VERDICT, authentication=MAP, documents=(DOCUMENT,)))
    assert cited == {
        "paths[0]": frozenset({"server", "set-cookie", "www-authenticate"}),
        "paths[1]": frozenset({"link"}),
    }
