"""Says which version of the client this is, for the User-Agent and the distribution."""

__version__ = "0.1.0"
