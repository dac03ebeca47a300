"""The benchmarks: what the system does per second, beside named peers on the same work."""
