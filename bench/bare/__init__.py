"""Yardsticks: the parts we are built on, alone, doing as little as they can."""
