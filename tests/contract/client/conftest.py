"""The system that the client is held against, with the small world it looks at."""

from tests.e2e.conftest import system, town

__all__ = ["system", "town"]
