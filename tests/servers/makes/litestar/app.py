"""Litestar's first example."""

from litestar import Litestar, get


@get("/")
async def index() -> str:
    return "Hello, world!"


@get("/books/{book_id:int}")
async def book(book_id: int) -> dict[str, int]:
    return {"book_id": book_id}


app = Litestar([index, book])
