import json as jsonlib

import pytest

from services.prober.judge.documentation_details import Details, details_of
from services.prober.judge.json_members import CUT, Document

URL = "https://shop.example.com/v1/openapi.json"


def read(kind: str, body: str, *, is_whole: bool = True) -> Details:
    document = Document(members=jsonlib.loads(body), is_whole=is_whole)
    return details_of(kind, document, URL)


OPENAPI = """{"openapi":"3.1.0","info":{"title":"Shop"},
 "servers":[{"url":"/v1"},{"url":"https://{env}.example.com"},{"url":5},{}],
 "paths":{"/a":{"get":{},"post":{},"parameters":[],"summary":"x"},"/b":{"delete":{}}},
 "components":{"securitySchemes":{"key":{"type":"apiKey"},"jwt":{"type":"http","scheme":"bearer"},
 "sign":{"type":"oauth2"},"pw":{"type":"http","scheme":"BASIC"}}},"security":[{"jwt":[]}]}"""


def test_openapi_tells_operations_schemes_and_servers() -> None:
    details = read("openapi", OPENAPI)
    assert details.title == "Shop"
    assert details.operations == 3
    assert details.security_schemes == ("key", "jwt", "sign", "pw")
    assert details.http_schemes == ("Bearer", "Basic")
    assert details.asks
    assert details.servers == ("https://shop.example.com/v1", "https://{env}.example.com")


def test_numbers_are_told_of_whole_documents_only() -> None:
    details = read("openapi", OPENAPI, is_whole=False)
    assert details.operations is None
    assert details.security_schemes == ("key", "jwt", "sign", "pw")


def test_a_description_that_lets_anybody_in_asks_for_nothing() -> None:
    assert not read("openapi", OPENAPI.replace('{"jwt":[]}', "{}")).asks


def test_a_broker_that_asks_for_a_password_asks() -> None:
    body = (
        '{"asyncapi":"3.0.0","components":{"securitySchemes":{"pw":{"type":"userPassword"}}},'
        '"servers":{"a":{"security":[{"$ref":"#/components/securitySchemes/pw"}]}}}'
    )
    assert read("asyncapi", body).asks
    assert not read("asyncapi", body.replace('"security"', '"x-security"')).asks


COUNTS: dict[str, list[tuple[str, int | None]]] = {
    "openapi": [('{"webhooks":{"x":{"post":{}}}}', 0), ('{"paths":{"/a":null,"/b":[]}}', 0)],
    "swagger": [('{"paths":{"/a":{"get":{},"x-get":{}}}}', 1)],
    "asyncapi": [
        ('{"operations":{"a":{},"b":{}},"channels":{"c":{"publish":{}}}}', 2),
        ('{"channels":{"c":{"publish":{},"subscribe":{}},"d":{}}}', 2),
    ],
    "graphql": [
        (
            (
                '{"data":{"__schema":{"queryType":{"name":"Q"},"mutationType":null,"types":['
                '{"name":"Q","fields":[{},{}]},{"name":"Other","fields":[{}]},{"fields":[{}]}]}}}'
            ),
            2,
        ),
        ('{"data":{"__schema":{"queryType":{"name":"Q"}}}}', None),
    ],
    "postman": [
        ('{"item":[{"request":{}},{"item":[{"request":{}},{"item":[{"request":""}]}]},5]}', 3)
    ],
    "api_catalog": [('{"linkset":[]}', None)],
}


@pytest.mark.parametrize(
    ("kind", "body", "count"),
    [(kind, body, count) for kind, cases in COUNTS.items() for body, count in cases],
)
def test_operations_are_counted(kind: str, body: str, count: int | None) -> None:
    assert read(kind, body).operations == count


def test_what_was_not_understood_is_not_counted() -> None:
    document = Document(members={"paths": {"/a": CUT}}, is_whole=True)
    assert details_of("openapi", document, URL).operations is None


SERVERS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "swagger": [
        (
            '{"schemes":["https","http"],"host":"api.example.com","basePath":"/v2"}',
            ("https://api.example.com/v2", "http://api.example.com/v2"),
        ),
        ('{"host":"api.example.com"}', ("https://api.example.com",)),
        ('{"basePath":"/v2"}', ("https://shop.example.com/v2",)),
        ("{}", ()),
    ],
    "asyncapi": [
        (
            (
                '{"servers":{"a":{"host":"mq.example.com","pathname":"/x","protocol":"wss"},'
                '"b":{"url":"mqtt.example.com:1883","protocol":"mqtt"},"c":{}}}'
            ),
            ("wss://mq.example.com/x", "mqtt://mqtt.example.com:1883"),
        )
    ],
    "api_catalog": [
        (
            (
                '{"linkset":[{"anchor":"https://a.example.com/","service-desc":[{"href":"/o"}]},'
                '{"anchor":"https://x.example.com/","item":[{"href":"/b"},{"href":5}]}]}'
            ),
            ("https://a.example.com/", "https://shop.example.com/b"),
        )
    ],
    "postman": [("{}", ())],
}


@pytest.mark.parametrize(
    ("kind", "body", "servers"),
    [(kind, body, servers) for kind, cases in SERVERS.items() for body, servers in cases],
)
def test_servers_are_absolute(kind: str, body: str, servers: tuple[str, ...]) -> None:
    assert read(kind, body).servers == servers


def test_lists_and_texts_are_bounded() -> None:
    schemes = {f"{n}" + "x" * 500: {"type": "basic"} for n in range(100)}
    servers = [{"url": f"/{n}" + "y" * 2000} for n in range(100)]
    details = read(
        "openapi",
        jsonlib.dumps(
            {
                "info": {"title": "z" * 999},
                "components": {"securitySchemes": schemes},
                "servers": servers,
            }
        ),
    )
    assert (len(details.security_schemes), len(details.servers), len(details.title)) == (16, 8, 256)
    assert max(map(len, (*details.security_schemes, *details.servers))) == 512
