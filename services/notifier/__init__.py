"""The notifier: delivers events to customers' webhooks, one attempt at a time."""
