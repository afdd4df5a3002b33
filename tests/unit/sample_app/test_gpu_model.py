"""Simulated cards follow their load, always in the same way."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sample_app.gpu.faults import Faults
from sample_app.gpu.load import Busy, NoLoad, busy_seconds, share
from sample_app.gpu.model import MEMORY_MIB, RESERVED_MIB, CardState, step
from sample_app.gpu.simulator import Simulator, UnknownCard


def after(state: CardState, busy: float, seconds: float, every: float = 5.0, *, overheated: bool = False) -> CardState:
    """The card after many steps."""
    for _ in range(int(seconds / every)):
        state = step(state, busy, every, overheated=overheated)
    return state


def test_an_idle_card_stays_as_it_is() -> None:
    """32 degrees, 9 W, lowest clocks, "idle" as the reason."""
    card = after(CardState(), 0.0, 3600)
    assert (card.use, round(card.celsius, 3), card.watts, card.sm_mhz, card.memory_mhz) == (0, 32, 9, 210, 405)
    assert card.clocks_event_reasons == 0x1
    assert card.joules == pytest.approx(9 * 3600)


def test_full_work_brings_130_watts_and_85_degrees() -> None:
    """The card's own limits; memory stays below what alarms."""
    card = after(CardState(), 1.0, 1800)
    assert card.watts == pytest.approx(130, abs=0.1)
    assert card.celsius == pytest.approx(85, abs=0.1)
    assert (card.sm_mhz, card.memory_mhz, card.clocks_event_reasons) == (2175, 9001, 0x4)
    assert 0.6 < (card.memory_mib + RESERVED_MIB) / MEMORY_MIB < 0.8


def test_temperature_lags_behind_power() -> None:
    """After ten seconds power is nearly there and temperature is not; afterwards it cools down as slowly."""
    warm = after(CardState(), 1.0, 10)
    assert warm.watts > 120
    assert 35 < warm.celsius < 45
    hot = after(warm, 1.0, 600)
    cooling = after(hot, 0.0, 10)
    assert cooling.watts < 20
    assert cooling.celsius > 75
    assert after(cooling, 0.0, 600).celsius == pytest.approx(32, abs=0.1)


def test_more_work_is_more_of_everything() -> None:
    """Power, temperature, memory and clocks never fall when work grows."""
    cards = [after(CardState(), busy / 20, 900) for busy in range(21)]
    for less, more in pairwise(cards):
        assert more.watts > less.watts
        assert more.celsius > less.celsius
        assert more.memory_mib > less.memory_mib
        assert more.sm_mhz >= less.sm_mhz


@pytest.mark.parametrize("busy", [0.0, 0.5, 1.0])
def test_an_overheated_card_climbs_to_95_degrees_and_slows_down(busy: float) -> None:
    """Also without work; above 90 within three minutes, never above 95."""
    card = after(CardState(), busy, 180, overheated=True)
    assert 90 < card.celsius <= 95
    card = after(card, busy, 600, overheated=True)
    assert card.celsius == 95
    assert card.clocks_event_reasons & 0x68 == 0x68
    assert card.sm_mhz <= 1110
    assert after(card, 0.0, 900).celsius == pytest.approx(32, abs=0.1)


def test_the_same_input_gives_the_same_output_and_steps_of_any_length_agree() -> None:
    """No chance in it."""
    assert after(CardState(), 0.7, 120) == after(CardState(), 0.7, 120)
    fine, coarse = after(CardState(), 0.7, 120, 1), after(CardState(), 0.7, 120, 10)
    assert coarse.celsius == pytest.approx(fine.celsius, abs=1.5)
    assert step(fine, 0.7, 0) == fine


def test_busy_seconds_are_those_of_all_models() -> None:
    """And a page without them is said to have none."""
    page = 'inference_busy_seconds_total{model="a"} 1.5\ninference_busy_seconds_total{model="b"} 2\nother 9\n'
    assert busy_seconds(page) == 3.5
    with pytest.raises(NoLoad, match="inference_busy_seconds_total"):
        busy_seconds("other 9\n")
    with pytest.raises(NoLoad, match="text format"):
        busy_seconds("<html>no</html> { \n")


@pytest.mark.parametrize(
    ("before", "later", "expected"),
    [
        (None, Busy(50, 10), 0.0),
        (Busy(50, 10), Busy(52, 20), 0.2),
        (Busy(50, 10), Busy(90, 20), 1.0),
        (Busy(50, 10), Busy(1, 20), 0.1),
        (Busy(50, 10), Busy(50, 10), 0.0),
    ],
    ids=["first look", "a fifth", "several at once", "started again", "no time passed"],
)
def test_the_share_of_time(before: Busy | None, later: Busy, expected: float) -> None:
    """Never below 0 or above 1."""
    assert share(before, later) == pytest.approx(expected)


class Clock:
    """Time that a test moves, and models that are busy for a share of it; None: no answer."""

    def __init__(self) -> None:
        self.now, self.seconds, self.busy = 100.0, 0.0, 0.0
        self.answers = True

    def time(self) -> float:
        return self.now

    def load(self) -> float:
        if not self.answers:
            raise NoLoad("refused")
        return self.seconds

    def run(self, simulator: Simulator, seconds: float) -> None:
        """Ticks every five seconds."""
        for _ in range(int(seconds / 5)):
            self.now += 5
            self.seconds += 5 * self.busy
            simulator.tick()


def test_cards_follow_the_load_and_idle_without_an_answer() -> None:
    """A load that is gone counts as an error; when it is back the work since then counts, not what was missed."""
    clock = Clock()
    cards = Simulator(4, "host", clock.load, clock.time)
    clock.busy = 0.5
    clock.run(cards, 300)
    assert [reading.utilization for reading in cards.read().readings] == [50, 47, 44, 42]
    clock.answers = False
    clock.run(cards, 60)
    assert [reading.utilization for reading in cards.read().readings] == [0, 0, 0, 0]
    assert cards.read().errors["load"] == 12
    clock.answers = True
    clock.run(cards, 5)
    assert cards.read().readings[0].utilization == 0
    clock.run(cards, 60)
    assert cards.read().readings[0].utilization == 50


def test_memory_adds_up_to_the_cards_own() -> None:
    """Used, free and reserved are 20475 MiB at any load."""
    clock = Clock()
    cards = Simulator(2, "host", clock.load, clock.time)
    for busy in (0.0, 0.3, 1.0):
        clock.busy = busy
        clock.run(cards, 30)
        for reading in cards.read().readings:
            parts = (reading.memory_used, reading.memory_free, reading.memory_reserved)
            assert sum(part or 0 for part in parts) == 20475 * 2**20


def test_faults_end_by_themselves() -> None:
    """After their seconds the lost card is back, the XID code is gone, and the hot card cools down."""
    clock = Clock()
    cards = Simulator(4, "host", clock.load, clock.time)
    cards.put_faults(Faults(overheat=frozenset({1}), xid={2: 79}, lost=frozenset({3}), seconds=600))
    clock.run(cards, 300)
    shown = {reading.gpu: reading for reading in cards.read().readings}
    assert sorted(shown) == [0, 1, 2]
    assert (shown[1].temperature, shown[2].xid, shown[0].xid) == (95, 79, 0)
    assert cards.faults().seconds == pytest.approx(300)
    clock.run(cards, 900)
    shown = {reading.gpu: reading for reading in cards.read().readings}
    assert sorted(shown) == [0, 1, 2, 3]
    assert (shown[1].temperature, shown[2].xid) == (32, 0)
    assert cards.faults() == Faults()


def test_a_fault_of_a_card_that_is_not_there_is_refused() -> None:
    """And changes nothing."""
    cards = Simulator(2, "host", lambda: 0.0)
    with pytest.raises(UnknownCard, match="there is no card 2; there are 0 to 1"):
        cards.put_faults(Faults(lost=frozenset({0, 2})))
    assert cards.faults() == Faults()
