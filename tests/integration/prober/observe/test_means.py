"""What is shared by the checks of a process, and what each has of its own."""

from OpenSSL import SSL

from outscope.netguard.policy import Policy
from services.prober.observe.limits import Limits
from services.prober.observe.means import Means, Tools
from services.prober.observe.memory import Allowance
from services.prober.observe.seats import OWN_SESSIONS, SHARED_SESSIONS, Seat


def sessions_given_to(means: Means, count: int) -> int:
    given = 0

    def note() -> None:
        nonlocal given
        given += 1

    for _ in range(count):
        Seat(means.sessions, means.silent).take(note)
    return given


def test_each_check_has_sessions_of_its_own_and_all_share_the_rest(context: SSL.Context) -> None:
    tools = Tools(policy=Policy(), context=context, limits=Limits(), user_agent="OutScope/test")
    greedy, modest = (Means.of(tools, 1.0, Allowance(tools.memory)) for _ in range(2))
    many = OWN_SESSIONS + SHARED_SESSIONS
    assert sessions_given_to(greedy, many + 1) == many
    assert sessions_given_to(modest, many) == OWN_SESSIONS
    assert greedy.silent is modest.silent is tools.silent
