"""The whole system on one machine: Postgres and NATS from wheels, and the four services."""
