"""Adds a vantage point to deploy/k8s, or prints the Secrets a new installation needs.

python -m deploy.region NAME [--edge] [--tags KEY:VALUE,…] [--owner ACC]; without a name what
depends on the regions is rendered again.
python -m deploy.region --secrets prints fresh ones, to be piped into kubectl apply -f -.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from deploy.region.accounts import Region
from deploy.region.folder import add_region, regions_in, render
from deploy.region.fresh import fresh_secrets
from outscope.ids import ACCOUNT_PREFIX, is_id
from outscope.vantage import is_vantage_name, vantage_tags

_K8S: Final = Path(__file__).parents[1] / "k8s"
# A name of Kubernetes has 63 characters, and the longest of ours is outscope-NAME and a hash.
_LONGEST: Final = 40


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.region", description=__doc__)
    parser.add_argument("name", nargs="?", help="small letters, digits and hyphens")
    parser.add_argument("--edge", action="store_true", help="in another cluster, by a leaf node")
    parser.add_argument("--tags", default="", help="as OUTSCOPE_TAGS, such as continent:eu")
    parser.add_argument("--owner", default="", help="an account (acc_…) that alone may use it")
    parser.add_argument("--secrets", action="store_true", help="print Secrets with new values")
    parser.add_argument("--k8s", type=Path, default=_K8S, help="default: %(default)s")
    asked = parser.parse_args()
    if asked.secrets:
        sys.stdout.write(fresh_secrets(regions_in(asked.k8s)))
        return
    if asked.name is not None:
        try:
            tags = vantage_tags(asked.tags.split(",") if asked.tags else ())
        except ValueError as error:
            parser.error(f"TAGS: {error}")
        if asked.owner and not is_id(ACCOUNT_PREFIX, asked.owner):
            parser.error(f"OWNER={asked.owner}: give the id of an account, {ACCOUNT_PREFIX}_…")
        region = Region(name=asked.name, is_edge=asked.edge, tags=tags, owner=asked.owner)
        _add(parser, asked.k8s, region)
    for file in render(asked.k8s):
        sys.stdout.write(f"{file}\n")


def _add(parser: argparse.ArgumentParser, k8s: Path, region: Region) -> None:
    if not is_vantage_name(region.name) or len(region.name) > _LONGEST:
        parser.error(
            f"NAME={region.name}: give small letters, digits and hyphens, {_LONGEST} at most, "
            "as in ap-south-1"
        )
    try:
        add_region(k8s, region)
    except FileExistsError:
        parser.error(f"NAME={region.name}: deploy/k8s/regions has it already; choose another name")


if __name__ == "__main__":
    main()
