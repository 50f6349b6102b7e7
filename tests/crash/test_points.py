"""Whatever process dies, and wherever: nothing that was acknowledged is lost,
nothing is doubled, and no row is left in a state that none allows.

`make test` takes the points of QUICK, `make test-slow` all of them."""

import os

import pytest

from lab.lab import Lab
from lab.settings import lay_over
from tests.crash import harness
from tests.lib import labs

BINARY = os.environ.get("RESTANTE_CRASH_BINARY")
SLOW = os.environ.get("RESTANTE_SLOW") == "1"

# Steps of the keeper: in front of the commit, and behind it.
ORIGIN_STEPS = ("message_put", "hold_aim", "hold_noticed", "hold_lease",
                "hold_settle")
DESTINATION_STEPS = ("notice_put", "notice_fetched", "notice_settle",
                     "delivery_settle")
ORIGIN = tuple(f"{when}-{step}" for step in ORIGIN_STEPS
               for when in ("before", "after")) + (
    "after-hold_claim", "front-arrived", "front-leased", "front-turned",
    "front-sent", "front-settled", "caller-ready-to-tell",
    "caller-answered", "poster-sealed", "sweeper-body-free")
DESTINATION = tuple(f"{when}-{step}" for step in DESTINATION_STEPS
                    for when in ("before", "after")) + (
    "after-notice_claim", "after-delivery_claim", "front-noted",
    "caller-ready-to-pull", "caller-turned", "caller-arrived",
    "caller-turned-back", "caller-pull-ended", "poster-written",
    "poster-synced", "poster-linked", "poster-settled", "poster-sealed",
    "before-notice_decide", "after-notice_decide")
VERDICTS = {"a.test": ("before-hold_verdict", "after-hold_verdict",
                       "front-verdict-noted", "after-report_claim",
                       "before-report_put", "after-report_put"),
            "b.test": ()}
PUSH = {"a.test": ("before-hold_push", "after-hold_push",
                   "caller-push-begins", "caller-pushed"),
        "b.test": ("before-message_put", "after-message_put",
                   "front-arrived")}
# GTML names sender and recipient by the notice, and its origin closes.
NOT_IN = {"msid": ("caller-turned-back",)}
# A push is SMTP as it always was: between the commit of who takes a message and
# that of who hands it over, it is with both (RFC 1047). It comes again.
MAY_DOUBLE = {("push", "a.test", "caller-pushed"),
              ("push", "b.test", "after-message_put"),
              ("push", "b.test", "front-arrived")}
QUICK = {("gdel", "a.test", "after-hold_settle", True),
         ("gdel", "b.test", "after-notice_fetched", False),
         ("msid", "a.test", "front-sent", False),
         ("msid", "b.test", "poster-linked", True),
         ("envelope", "a.test", "before-hold_verdict", False),
         ("envelope", "b.test", "after-notice_decide", True),
         ("envelope", "b.test", "caller-arrived", False),
         ("push", "a.test", "after-hold_push", True)}


def every_case():
    for dialect in ("gdel", "msid", "envelope"):
        for domain, points in (("a.test", ORIGIN), ("b.test", DESTINATION)):
            for point in points + VERDICTS[domain] * (dialect != "gdel"):
                if point not in NOT_IN.get(dialect, ()):
                    for whole in (False, True):
                        yield dialect, domain, point, whole
    for domain, points in PUSH.items():
        for point in points:
            for whole in (False, True):
                yield "push", domain, point, whole


CASES = [case for case in every_case() if SLOW or case in QUICK]
pytestmark = pytest.mark.skipif(
    not BINARY, reason="needs RESTANTE_CRASH_BINARY, a build with the option"
                       " crash_points (scripts/test makes it)")


@pytest.fixture(scope="module", name="lab_for")
def labs_by_dialect(tmp_path_factory):
    made = {}

    def lab_for(dialect):
        if dialect not in made:
            lab = Lab(str(tmp_path_factory.mktemp(dialect) / "d"))
            lab.binary = BINARY
            lab.dialect = dialect
            lab.up(lay_over(labs.SCENARIO_SETTINGS,
                                 harness.overlay(dialect)))
            made[dialect] = lab
        return made[dialect]

    yield lab_for
    for lab in made.values():
        lab.down()


# GD-03 AT-14
@pytest.mark.parametrize("dialect, domain, point, whole", CASES)
def test_nothing_is_lost_or_doubled_wherever_it_dies(
        lab_for, dialect, domain, point, whole):
    at_most = 2 if (dialect, domain, point) in MAY_DOUBLE else 1
    assert harness.play(lab_for(dialect), domain, point, whole, at_most), \
        f"nothing came to the point {point}"
