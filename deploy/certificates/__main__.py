"""Makes the certificates of a system in development, and tells until when each is good.

python -m deploy.certificates [--folder DIR] [--days N]; run again it renews what the authority
issued, and leaves the authority as it is while it is valid.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.certificates.folder import AUTHORITY_DAYS, LEAF_DAYS, CertificatesError
from deploy.certificates.folder import make_certificates as make
from outscope.clock import utc_now

FOLDER: Final = ".certificates"


def main(arguments: Sequence[str]) -> int:
    """Make them; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.certificates", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(FOLDER), help="default: %(default)s")
    parser.add_argument(
        "--days",
        type=int,
        choices=range(1, AUTHORITY_DAYS + 1),
        metavar="N",
        default=LEAF_DAYS,
        help="how long what is issued is good (default: %(default)s)",
    )
    asked = parser.parse_args(arguments)
    try:
        for made in make(asked.folder, utc_now(), days=asked.days):
            state = "made" if made.is_new else "kept"
            sys.stdout.write(
                f"{state}  {made.name:<10} expires {made.expires_at:%Y-%m-%d %H:%M}Z\n"
            )
    except (CertificatesError, OSError) as error:
        sys.stderr.write(f"certificates: {error}\n")
        return 1
    sys.stdout.write(f"In {asked.folder}, for its owner alone; none of it is to be committed.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
