"""The owner of all state: decides what is due and records what came back."""
