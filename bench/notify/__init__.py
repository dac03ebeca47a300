"""What delivering costs, beside a plain loop that posts the same."""
