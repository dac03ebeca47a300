"""The prober: looks at a target from one vantage point and judges what it saw."""
