"""Adds a vantage point to what runs on Kubernetes, and says who may do what on its bus."""
