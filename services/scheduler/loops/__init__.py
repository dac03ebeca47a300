"""What runs by itself: writing groups, publishing, recording reports, sweeping, purging."""
