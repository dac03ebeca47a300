"""Looks at a target: I/O in, facts out, no opinion."""
