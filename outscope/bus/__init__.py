"""NATS JetStream: the only package that speaks it."""
