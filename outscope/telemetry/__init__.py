"""Logs, metrics and health of every service."""
