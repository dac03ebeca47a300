import yaml

from deploy.region.accounts import Region
from deploy.region.scaling import PLACES_IN_USE, hpa_yaml, keda_yaml
from outscope.config import Environment
from services.prober.config import config_from

REGIONS = [Region(name="eu-west-1"), Region(name="us-east-1")]


def test_each_region_is_scaled_by_itself() -> None:
    for text in (keda_yaml(REGIONS), hpa_yaml(REGIONS)):
        documents = [each for each in yaml.safe_load_all(text) if each]
        assert [each["spec"]["scaleTargetRef"]["name"] for each in documents] == [
            "prober-eu-west-1",
            "prober-us-east-1",
        ]


def test_a_part_of_the_places_stays_free_for_what_comes_next() -> None:
    config = config_from(Environment({"VANTAGE_POINT": "x"}))
    # At full load each look must ask for more, and when half is idle for no more.
    assert 0.5 * config.concurrency < PLACES_IN_USE < 0.9 * config.concurrency
