"""What two or more services share, and nothing else."""

from typing import Final

VERSION: Final = "0.1.0"
