"""The console: pages for people, made of what the REST API answers and of nothing else."""
