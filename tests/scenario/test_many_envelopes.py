"""Very many envelopes wait for one person, and all are decided: some hundred,
or ten thousand where it may take long (RESTANTE_SLOW)."""

import os

import pytest

from tests.lib.waiting_room import OVERLAY, WaitingRoom

SLOW = "RESTANTE_SLOW" in os.environ
COUNT = 10000 if SLOW else 200
SECONDS = 1200 if SLOW else 120


# SM-17 SM-20 SM-22 SM-23
@pytest.mark.parametrize("way", sorted(WaitingRoom.WAYS) if SLOW
                         else ["moved"])
def test_each_of_very_many_envelopes_ends_once(make_reading_lab, way):
    lab = make_reading_lab(OVERLAY)
    try:
        WaitingRoom(lab, COUNT, SECONDS, print).play(way)
    finally:
        lab.down()
