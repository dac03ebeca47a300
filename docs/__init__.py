"""Pages for people; those that repeat what the code says are rendered from it."""
