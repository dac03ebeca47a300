"""The command line: checks, reports for people, and a gate for pipelines."""
