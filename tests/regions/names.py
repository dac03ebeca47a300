"""The names of the shop, and where each leads in each region."""

from typing import Final

from tests.regions.world import GUARDED, OTHER_SHOP, SHOP, UNROUTED

# The same everywhere.
ALIKE: Final = "alike.shop.test"
# 451 in ap-south-1.
LEGAL: Final = "legal.shop.test"
# 403 in us-east-1.
WALL: Final = "wall.shop.test"
# 503 in eu-west-1.
BROKEN: Final = "broken.shop.test"
# Another page in us-east-1, at the same address.
PRICES: Final = "prices.shop.test"
# In ap-south-1 a certificate that nobody vouches for.
RENEWED: Final = "renewed.shop.test"
# In us-east-1 the address of another shop.
SPLIT: Final = "split.shop.test"
# A firewall drops what is answered to ap-south-1.
FIREWALL: Final = "guarded.shop.test"
# No way leads there from us-east-1.
NO_WAY: Final = "unrouted.shop.test"

_AT_THE_SHOP: Final = (ALIKE, LEGAL, WALL, BROKEN, PRICES, RENEWED)


def zone_of(region: str) -> dict[str, str]:
    """Return the address of each name as the resolver of a region tells it."""
    return {
        **dict.fromkeys(_AT_THE_SHOP, SHOP),
        SPLIT: OTHER_SHOP if region == "us-east-1" else SHOP,
        FIREWALL: GUARDED,
        NO_WAY: UNROUTED,
    }
