"""Translates requests to messages and messages to answers, one module per resource.

Law: pure; what a request means is the scheduler's to decide.
"""
