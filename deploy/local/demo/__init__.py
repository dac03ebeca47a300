"""A demo target on loopback: its own DNS, certificate authority, site, API and login."""
