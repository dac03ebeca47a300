"""Where and how the services run."""
