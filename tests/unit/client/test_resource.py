"""Both clients have the same methods, each written once."""

import inspect

import pytest
from outscope_client import AsyncClient, Client
from outscope_client.resource import Following, Listing, Operation

GROUPS = ("checks", "webhooks", "vantage_points", "usage")
KINDS = (Operation, Listing, Following)


def methods(group: object) -> dict[str, inspect.Signature]:
    """The signature of each method that is made of an operation."""
    return {
        name: inspect.signature(getattr(group, name))
        for base in type(group).__mro__
        for name, member in vars(base).items()
        if isinstance(member, KINDS)
    }


@pytest.mark.parametrize("group", GROUPS)
async def test_both_clients_have_the_same_methods(group: str) -> None:
    with Client("svc_key") as client:
        async with AsyncClient("svc_key") as other:
            found = methods(getattr(client, group))
            assert found
            assert found == methods(getattr(other, group))


def test_the_methods_that_are_promised_are_there() -> None:
    with Client("svc_key") as client:
        promised = "create create_batch get wait list iterate latest cancel rejudge explain follow"
        assert methods(client.checks).keys() == set(promised.split())


def test_a_method_tells_what_it_does() -> None:
    with Client("svc_key") as client:
        assert inspect.getdoc(client.checks.create) is not None
        assert "fqdn" in inspect.signature(client.checks.create).parameters
