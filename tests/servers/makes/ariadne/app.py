"""Ariadne's introduction."""

from ariadne import QueryType, gql, make_executable_schema
from ariadne.asgi import GraphQL

type_defs = gql("type Query { hello: String! }")
query = QueryType()


@query.field("hello")
def resolve_hello(_, info):
    return "Hello!"


app = GraphQL(make_executable_schema(type_defs, query), debug=True)
