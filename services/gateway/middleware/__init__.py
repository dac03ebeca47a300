"""What happens around every request, as plain ASGI: each of these costs about a microsecond."""
