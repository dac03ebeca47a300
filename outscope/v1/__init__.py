"""Stubs generated from proto/outscope/v1 by `make proto`."""
