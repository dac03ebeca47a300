"""Targets on loopback: many names, served over HTTP and TLS, faster than what is measured."""
