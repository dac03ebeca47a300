"""The gateway: the documented REST API in front of the scheduler's gRPC services.

Law: it authenticates the form of a key, validates shapes and translates; no rule of the domain
lives here, and nothing is kept between requests.
"""
