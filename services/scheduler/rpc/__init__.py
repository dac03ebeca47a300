"""The contract's services: thin, each method authenticates, translates, and calls one thing."""
