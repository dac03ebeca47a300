"""Where the endpoints of the benchmark are: each an address of its own on loopback."""


def endpoint_url(number: int, port: int) -> str:
    """Return the URL of an endpoint, from 0."""
    return f"http://127.9.{number // 250}.{number % 250 + 1}:{port}/webhooks/outscope"
