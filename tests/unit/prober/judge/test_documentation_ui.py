import pytest

from services.prober.judge.documentation_ui import viewer_in
from tests.unit.prober.judge.shapes import answer, ready

PAGES = {
    "swagger_ui": '<div id="swagger-ui"></div><script src="/static/swagger-ui-bundle.js"></script>',
    "swagger_ui inline": "<div id=swagger-ui></div><script>const ui = SwaggerUIBundle({})</script>",
    "redoc": '<redoc spec-url="/openapi.json"></redoc>',
    "redoc bundled": '<div id="redoc"></div><script>const __redoc_state = {}</script>',
    "redoc by script": '<script src="https://cdn/redoc.standalone.js"></script>',
    "scalar": '<script id="api-reference" data-url="/openapi.json"></script>',
    "scalar by script": '<script src="https://cdn/@scalar/api-reference"></script>',
    "stoplight_elements": '<elements-api apiDescriptionUrl="/o.yaml"></elements-api>',
    "rapidoc": '<rapi-doc spec-url="/o.json"></rapi-doc>',
    "graphiql": '<div id="graphiql"></div><script>React.createElement(GraphiQL.x)</script>',
    "graphiql as a module": (
        '<div id="graphiql"></div><script type="importmap">'
        '{"imports": {"@graphiql/react": "https://esm.sh/@graphiql/react"}}</script>'
    ),
    "graphql_playground": '<div id="root"></div><script>GraphQLPlayground.init(x)</script>',
    "apollo_sandbox": '<script src="https://embeddable-sandbox.cdn.apollographql.com/x"></script>',
    "altair": '<script src="/altair-static/main.js"></script>',
}
TALK = {
    "an article": "<title>Swagger UI</title><p>Call SwaggerUIBundle() with the swagger-ui element.",
    "escaped code": '<pre>&lt;div id="swagger-ui"&gt; SwaggerUIBundle({})</pre>',
    "escaped element": "<p>&lt;redoc spec-url='/o.json'&gt; __redoc_state</p>",
    "a class of that name": '<div class="swagger-ui"></div> SwaggerUIBundle(',
    "a longer id": '<div id="swagger-ui-help"></div> SwaggerUIBundle(',
    "a link": '<a href="/swagger-ui/index.html">API</a>',
    "a style sheet": '<link href="/swagger-ui.css">',
    "Apollo's greeting in production": (
        '<script>window.landingPage = "%7B%22isProd%22%3Atrue%7D";</script><script '
        'src="https://apollo-server-landing-page.cdn.apollographql.com/main.js"></script>'
    ),
    "another element": "<redocument></redocument>",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_viewer_is_known_by_what_it_loads_or_fills(name: str) -> None:
    found = viewer_in(ready(answer(200, PAGES[name], path="/docs")))
    assert found is not None
    assert found[0] == name.split(maxsplit=1)[0]


@pytest.mark.parametrize("name", TALK)
def test_talk_about_a_viewer_is_none(name: str) -> None:
    assert viewer_in(ready(answer(200, TALK[name]))) is None
