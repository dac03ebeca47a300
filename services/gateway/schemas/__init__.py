"""The shapes of requests and answers: they validate, and the OpenAPI document is made from them.

Law: pure. Requests are pydantic models, strict and closed; answers are typed dictionaries, which
the type checker holds the code to.
"""
