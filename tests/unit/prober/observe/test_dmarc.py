"""Which record governs a name that has none: the examples and the corners of RFC 9989."""

import pytest

from services.prober.facts import DnsRecords, Outcome, OutcomeCode
from services.prober.observe.dmarc import governing, names_above

NONE = "v=DMARC1; p=none"
PUBLIC = "v=DMARC1; p=reject; psd=y"
PRIVATE = "v=DMARC1; psd = N ; p=none"


def at(name: str, *values: str, code: OutcomeCode = OutcomeCode.DNS_NXDOMAIN) -> DnsRecords:
    outcome = Outcome(code=OutcomeCode.OK if values else code)
    return DnsRecords(kind="dmarc", name=f"_dmarc.{name}", outcome=outcome, values=values)


def failed(name: str) -> DnsRecords:
    return at(name, code=OutcomeCode.DNS_SERVFAIL)


def chosen(*walked: DnsRecords) -> str | None:
    found = governing(walked)
    return None if found is None else found.name.removeprefix("_dmarc.")


def test_names_are_walked_label_by_label() -> None:
    assert names_above("www.example.com") == ("example.com", "com")
    assert names_above("com") == ()


def test_a_name_of_many_labels_is_asked_about_eight_times_itself_included() -> None:
    above = names_above("a.b.c.d.e.f.g.h.i.j.mail.example.com")
    assert above == (
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )
    assert len(names_above("a.b.c.d.e.f.example.com")) == 7  # eight labels
    assert len(names_above(".".join("a" * 127))) == 7


@pytest.mark.parametrize(
    ("walked", "name"),
    [
        ((at("example.com"), at("com")), None),
        ((at("example.com", NONE), at("com")), "example.com"),
        ((at("b.example.com", NONE), at("example.com", NONE), at("com")), "example.com"),
        ((at("b.example.com", NONE), at("example.com"), at("com")), "b.example.com"),
        ((at("b.example.com", PRIVATE), at("example.com", NONE)), "b.example.com"),
        ((at("example.co.uk", NONE), at("co.uk", PUBLIC), at("uk", NONE)), "example.co.uk"),
        ((at("example.co.uk"), at("co.uk", PUBLIC), at("uk")), "co.uk"),
        ((at("co.uk", PUBLIC), at("uk", NONE)), "co.uk"),
        ((at("a.example.uk", NONE), at("example.uk"), at("uk", PUBLIC)), "uk"),
        # Of several records none says where the walk ends; that they are several is told.
        ((at("b.example.com", PRIVATE, NONE), at("example.com", NONE)), "example.com"),
        ((at("example.com", NONE, NONE), at("com")), "example.com"),
    ],
)
def test_the_organisational_domains_record_governs(
    walked: tuple[DnsRecords, ...], name: str | None
) -> None:
    assert chosen(*walked) == name


@pytest.mark.parametrize(
    ("walked", "name"),
    [
        ((failed("example.com"), at("com")), "example.com"),
        ((at("example.com"), failed("com")), "com"),
        ((at("b.example.com", NONE), failed("example.com"), at("com")), "example.com"),
        ((failed("example.uk"), at("uk", PUBLIC)), "example.uk"),
        # These hide nothing: a record nearer to the top governs, and below it.
        ((failed("b.example.com"), at("example.com", NONE), at("com")), "example.com"),
        ((at("example.com", NONE), failed("com")), "example.com"),
        ((at("b.example.com", PRIVATE), failed("example.com")), "b.example.com"),
    ],
)
def test_a_failure_where_the_record_could_be_is_told_and_no_other(
    walked: tuple[DnsRecords, ...], name: str
) -> None:
    assert chosen(*walked) == name


@pytest.mark.parametrize("tag", ["psd=u", "psd=yes", "xpsd=y", "psd"])
def test_another_tag_ends_no_walk(tag: str) -> None:
    odd = at("b.example.com", f"v=DMARC1; {tag}")
    assert chosen(odd, at("example.com", NONE), at("com")) == "example.com"
