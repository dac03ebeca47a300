"""Where a page that shows API documentation says that its document is: pure.

Law: a place is named and nothing is run, so what only a script can put together is not found.
Sources: the documentation of Swagger UI, ReDoc, Scalar, RapiDoc and Stoplight Elements for their
settings; the pages of springdoc, springfox, Swashbuckle, NestJS and drf-yasg; of a viewer of
GraphQL the query for the schema that its page begins with (spec.graphql.org, "Introspection").
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final
from urllib.parse import parse_qs

# What the pages of viewers have in them, in lower case.
_MARKS: Final = ("swagger", "redoc", "api-reference", "rapi-doc", "elements-api")
# A script or style of theirs, the element they fill or the call that does: a word is none.
_GRAPHQL_MARK: Final = re.compile(
    r"<(?:script|link)\s[^<>]{0,300}?(?:graphiql|graphql-playground|embeddable-sandbox|altair-static)"
    r"|\sid\s{0,4}=\s{0,4}[\"']?graphiql(?![\w-])|(?:graphqlplayground|altairgraphql)\.init\("
)
# Of one kind of place in one page.
_MOST: Final = 4
# As they stand in attributes, in JSON inside of a script, and in strings of JSON inside of that.
_ESCAPES: Final = (
    *(("&quot;", '"'), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&"), (r"\/", "/"), (r"\"", '"')),
    *(("${window.location.origin}", ""), ("${location.origin}", "")),
)
_ORIGIN: Final = r"(?:(?:window\.)?location\.origin\s{0,8}\+\s{0,8})?"
_SETTING: Final = re.compile(
    r"""(?<![\w-])(?:(?:spec-?|config|data-|document-?|apidescription)?url["']?\s{0,8}[:=]\s{0,8}"""
    + _ORIGIN
    # A function of the page's own makes an address of it, as Fastify's does.
    + r"""(resolve\w{0,20}\(\s{0,8})?|(?:redoc\.init|(?<![\w.])fetch)\(\s{0,8})"""
    + r"""["'`]([^"'`\s<>]{1,500})["'`]""",
    re.IGNORECASE,
)
# In such a function: what it is given is put behind the page's own address.
_FOLDER: Final = re.compile(r"\.endsWith\(\s{0,8}[\"']/[\"']\s{0,8}\)")
_BARE: Final = re.compile(
    r"""\s(?:spec-url|data-url|apidescriptionurl)=([^"'`\s<>=]{1,500})(?=[\s>])""", re.IGNORECASE
)
_SCRIPTS: Final = r"swagger-initializer|swagger-ui-init"
_SCRIPT: Final = r"""src\s{0,4}=\s{0,4}["']?([^"'<>\s]{0,200}(?:%s)\.js[^"'<>\s]{0,100})["'\s>]"""
_STARTER: Final = re.compile(_SCRIPT % _SCRIPTS, re.IGNORECASE)
# Swashbuckle's, beside Swagger UI's own and nowhere else: so is many a script called.
_INDEX: Final = re.compile(_SCRIPT % r"(?<![\w.-])index", re.IGNORECASE)
_BUNDLE: Final = "swagger-ui-bundle"
_ENDPOINT: Final = re.compile(
    r"""(?:(?<![\w$])(?:endpoint|endpointURL|initialEndpoint|url)["']?\s{0,8}[:=]\s{0,8}"""
    r"""|(?<!\w)fetch\(\s{0,8})["'`]([^"'`\s<>]{1,500})["'`]"""
)
# The names of what can be asked, which is all that is told of a schema.
INTROSPECTION: Final = (
    "query=%7B__schema%7BqueryType%7Bname%20fields%7Bname%7D%7D"
    "mutationType%7Bname%20fields%7Bname%7D%7DsubscriptionType%7Bname%20fields%7Bname%7D%7D%7D%7D"
)


def asks_for_schema(path: str) -> bool:
    """Tell the query of GraphQL for the schema from other paths."""
    return path.endswith(INTROSPECTION)


def references_in(text: str, path: str) -> Iterator[str]:
    """Yield where the viewer that a page or its script is says that its document is.

    The path is that of the page, of a script's the one that it runs in, with its query.
    """
    lowered = text.lower()
    if any(mark in lowered for mark in _MARKS):
        for escape, plain in _ESCAPES:
            text = text.replace(escape, plain)
        named = (*_in_query(path), *_named(text, path), *_by_habit(lowered, path))
        yield from (reference for reference in named if "${" not in reference)
        yield from _starters(text, lowered)
    elif "graph" in lowered and _GRAPHQL_MARK.search(lowered):
        endpoint = next((match[1] for match in _ENDPOINT.finditer(text)), path)
        address = endpoint.partition("#")[0].partition("?")[0]
        yield f"{address}?{INTROSPECTION}"


def _in_query(path: str) -> Iterator[str]:
    """Yield what the address of Swagger UI itself says, as redirects to it fill it."""
    try:
        query = parse_qs(path.partition("?")[2], max_num_fields=50)
    except ValueError:
        return
    for name in ("url", "configUrl"):
        yield from query.get(name, ())


def _named(text: str, path: str) -> Iterator[str]:
    is_appended = _FOLDER.search(text) is not None
    for match in islice(_SETTING.finditer(text), _MOST):
        yield _beneath(path, match[2]) if match[1] and is_appended else match[2]
    yield from (match[1] for match in islice(_BARE.finditer(text), _MOST))


def _beneath(path: str, reference: str) -> str:
    """Return a reference that is put behind the page's path, whether that ends in / or not."""
    if reference.startswith("/") or "//" in reference:
        return reference
    folder = path.partition("?")[0].rstrip("/")
    return f"{folder}/{reference.removeprefix('./')}"


def _by_habit(lowered: str, path: str) -> Iterator[str]:
    """Yield where those have it whose scripts put the address together."""
    if "drf-yasg" in lowered:
        yield "?format=openapi"
    if "springfox" in lowered:
        is_of_version_2 = path.partition("?")[0].endswith("swagger-ui.html")
        yield "v2/api-docs" if is_of_version_2 else "../v3/api-docs"


def _starters(text: str, lowered: str) -> Iterator[str]:
    yield from (match[1] for match in islice(_STARTER.finditer(text), _MOST))
    if _BUNDLE in lowered:
        yield from (match[1] for match in islice(_INDEX.finditer(text), 1))
