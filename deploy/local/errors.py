"""What keeps the system from starting: told in one line, with what to do about it."""


class StartError(Exception):
    """The system cannot be started."""
