"""The system that the end-to-end tests start, with the small world it looks at."""

from tests.e2e.conftest import system, town

__all__ = ["system", "town"]
