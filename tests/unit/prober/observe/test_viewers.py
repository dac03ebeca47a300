from time import process_time

import pytest

from services.prober.observe.viewers import INTROSPECTION, references_in

SWAGGER = "<div id='swagger-ui'></div><script src='swagger-ui-bundle.js'></script><script>"
BY_HAND = "SwaggerUIBundle({%s})"


def found(text: str, path: str = "/docs") -> list[str]:
    return list(references_in(text, path))


@pytest.mark.parametrize(
    "setting",
    [
        "url: '/a'",
        'url:"/a"',
        "url: `/a`",
        r'"url":"\/a"',
        "url: window.location.origin + '/a'",
        "url: location.origin+'/a'",
        "url: `${window.location.origin}/a`",
        "configUrl: '/a'",
        'urls: [{"url": "/a", "name": "A"}]',
        'urls: [{name: "A", url: "/a"}]',
        r"""JSON.parse('{\"urls\":[{\"url\":\"/a\"}]}')""",
        "const specUrl = '/a'",
        "}); fetch('/a').then(read",
    ],
)
def test_swagger_ui_is_set_up_in_many_ways(setting: str) -> None:
    assert found(SWAGGER + BY_HAND % setting) == ["/a"]


@pytest.mark.parametrize(
    ("path", "named", "address"),
    [
        ("/docs", "./a", "/docs/a"),
        ("/docs/?x=1", "a", "/docs/a"),
        ("/docs", "/a", "/a"),
        ("/docs", "//cdn.example/a", "//cdn.example/a"),
    ],
)
def test_what_a_function_puts_behind_the_address_of_its_page_is_read_so(
    path: str, named: str, address: str
) -> None:
    # As @fastify/swagger-ui has it.
    function = "function resolveUrl(url) { return (href.endsWith('/') ? href : href + '/') + url }"
    text = SWAGGER + function + BY_HAND % f"url: resolveUrl('{named}')"
    assert found(text, path) == [address]
    assert found(text.replace(function, ""), path) == [named]


def test_each_of_several_documents_is_named() -> None:
    urls = ", ".join(f'{{url: "/{name}"}}' for name in "abcdef")
    assert found(SWAGGER + BY_HAND % f"urls: [{urls}]") == ["/a", "/b", "/c", "/d"]


@pytest.mark.parametrize(
    "page",
    [
        "<redoc spec-url='/a'></redoc>",
        "<redoc spec-url=/a></redoc>",
        "<redoc id=x spec-url=/a required-props-first></redoc>",
        "<div id=redoc></div><script>Redoc.init( '/a', {}, it)</script>",
        '<rapi-doc spec-url = "/a"></rapi-doc>',
        '<elements-api apiDescriptionUrl="/a" router="hash"></elements-api>',
        '<script id="api-reference" data-url="/a"></script>',
        """<script id="api-reference" data-configuration='{"url":"/a"}'></script>""",
        '<script id="api-reference" data-configuration="{&quot;url&quot;:&quot;/a&quot;}">',
        "<script src=@scalar/api-reference></script><script>createApiReference(it, {url: '/a'})",
    ],
)
def test_other_viewers_name_it_in_an_attribute_or_a_call(page: str) -> None:
    assert found(page) == ["/a"]


@pytest.mark.parametrize(
    "script",
    [
        "./swagger-initializer.js",
        "/static/swagger-initializer.js?v=5",
        "swagger-ui-init.js",
        "index.js",
        "./index.js",
    ],
)
@pytest.mark.parametrize("written", ['src="%s"', "src='%s'", "src=%s"])
def test_the_script_that_sets_swagger_ui_up_is_told(script: str, written: str) -> None:
    assert found(SWAGGER + f"</script><script {written % script}></script>") == [script]


@pytest.mark.parametrize(
    "page",
    [
        # Of a single-page application that speaks of it.
        "<p>We have a swagger page.</p><script src='/static/index.js'></script>",
        SWAGGER + "</script><script src='my-index.js'></script>",
        SWAGGER + BY_HAND % "url: documentUrl",
        SWAGGER + BY_HAND % "url: `${base}/a`",
        "<p>url: '/a'</p>",
    ],
)
def test_what_names_no_place_leads_nowhere(page: str) -> None:
    assert found(page) == []


def test_the_address_of_the_viewer_may_name_it() -> None:
    path = "/swagger-ui/index.html?configUrl=%2Fv3%2Fapi-docs%2Fswagger-config"
    assert found(SWAGGER, path) == ["/v3/api-docs/swagger-config"]
    assert found("<p>A page.</p>", path) == []


@pytest.mark.parametrize(
    ("mark", "path", "reference"),
    [
        ("<script src='/static/drf-yasg/x.js'>", "/swagger/", "?format=openapi"),
        ("<script src='webjars/springfox-swagger-ui/x.js'>", "/swagger-ui.html", "v2/api-docs"),
        ("<script src='./springfox.js'>", "/swagger-ui/index.html", "../v3/api-docs"),
    ],
)
def test_a_habit_says_where_it_is_when_only_a_script_does(
    mark: str, path: str, reference: str
) -> None:
    assert found(SWAGGER + mark, path) == [reference]


@pytest.mark.parametrize(
    ("page", "endpoint"),
    [
        ('<script src="/graphiql.min.js"></script>', "/here"),
        ('<div id="graphiql"></div><script>fetch("/graphql", {})</script>', "/graphql"),
        ("<script>GraphQLPlayground.init(root, {endpoint: '/api/graphql?x=1'})", "/api/graphql"),
        ('<script src="https://embeddable-sandbox.cdn.apollographql.com/_latest/x.js">', "/here"),
    ],
)
def test_a_viewer_of_graphql_leads_to_its_schema(page: str, endpoint: str) -> None:
    assert found(page, "/here?a=b") == [f"{endpoint}?{INTROSPECTION}"]


@pytest.mark.parametrize(
    "page",
    [
        "<p>GraphiQL is a page for GraphQL, see graphiql.min.js.</p>",
        "<a href='https://github.com/graphql/graphiql'>GraphiQL</a>",
        "<b id='graphiql-logo'>GraphiQL</b>",
    ],
)
def test_who_speaks_of_a_viewer_of_graphql_is_not_asked_for_a_schema(page: str) -> None:
    assert found(page) == []


@pytest.mark.parametrize(
    "piece",
    ["url='", "<script ", "src=", "<link a", " id = ", "swagger url: ", "&quot;", "\\/", "${", "`"],
)
def test_no_page_takes_long(piece: str) -> None:
    began = process_time()
    for start in ("swagger ", "graph "):
        found((start + piece * 65536)[:65536])
    assert process_time() - began < 1
