"""The only way to a stranger's host: ranges, policy, resolution, dialling."""
