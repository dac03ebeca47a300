"""What tests read in the plans of statements."""


def pages_read(plan: str) -> int:
    """Return the pages that the top of a plan touched."""
    buffers = next(line for line in plan.splitlines() if "Buffers: shared" in line)
    return sum(
        int(part.partition("=")[2])
        for part in buffers.split()
        if part.startswith(("hit=", "read="))
    )
