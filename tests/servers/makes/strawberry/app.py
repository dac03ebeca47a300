"""Strawberry's guide, as an ASGI application."""

import strawberry
from starlette.applications import Starlette
from strawberry.asgi import GraphQL


@strawberry.type
class User:
    name: str
    age: int


@strawberry.type
class Query:
    @strawberry.field
    def user(self) -> User:
        return User(name="Patrick", age=100)


app = Starlette()
app.mount("/graphql", GraphQL(strawberry.Schema(query=Query)))
