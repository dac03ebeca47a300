"""Makes certificates for a system in development: one authority, and one leaf a service."""
