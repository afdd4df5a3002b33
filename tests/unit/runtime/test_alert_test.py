"""What counters of Alertmanager say of one receiver's channels."""

from __future__ import annotations

from generator.runtime import alert_test
from generator.runtime.alert_test import Counters, Outcome, parsed

HEAD = "alertmanager_notification"


def page(*, attempts: int, failed: int = 0, given_up: int = 0, receiver: str = 'receiver_name="a",') -> str:
    """Counters as the server writes them, of `a`, and of another receiver that always delivers."""
    return "\n".join(
        (
            f'{HEAD}_requests_total{{integration="slack",{receiver}}} {attempts}',
            f'{HEAD}_requests_failed_total{{integration="slack",{receiver}}} {failed}',
            f'{HEAD}s_failed_total{{integration="slack",reason="clientError",{receiver}}} {given_up}',
            f'{HEAD}s_failed_total{{integration="slack",reason="other",{receiver}}} 0',
            f'{HEAD}_requests_total{{integration="slack",receiver_name="b"}} 1e+06',
        )
    )


def judged(before: str, now: str, *, late: bool = False) -> Outcome | None:
    """What is said of the channel."""
    return alert_test._judged("a", "slack", parsed(before, "a"), parsed(now, "a"), late)


def test_only_the_receiver_s_own_counters_count() -> None:
    assert parsed(page(attempts=3), "a").values[f"{HEAD.removeprefix('alertmanager_')}_requests_total", "slack"] == 3
    assert parsed("", "a") == Counters({}, {}, False)


def test_an_attempt_that_did_not_fail_has_delivered() -> None:
    """Also after others that failed."""
    assert judged(page(attempts=1), page(attempts=2)) == Outcome("a", "slack", True)
    assert judged(page(attempts=1), page(attempts=4, failed=2)) == Outcome("a", "slack", True)
    assert judged(page(attempts=1), page(attempts=1)) is None
    assert judged(page(attempts=1), page(attempts=2, failed=1)) is None


def test_what_is_given_up_has_failed_for_a_new_reason() -> None:
    outcome = judged(page(attempts=1), page(attempts=3, failed=2, given_up=1))

    assert outcome is not None
    assert not outcome.delivered
    assert str(outcome).startswith("a: slack FAILED: 2 of 2 attempts failed (clientError); ")


def test_what_was_never_tried_is_told_in_the_end() -> None:
    outcome = judged(page(attempts=1), page(attempts=1), late=True)

    assert "it was not tried in time" in str(outcome)


def test_shared_counters_are_believed_with_care() -> None:
    """An old server counts all receivers together: a success beside a failure may be another's."""
    before, receiver = page(attempts=1, receiver=""), ""
    good = judged(before, page(attempts=2, receiver=receiver))

    assert good is not None
    assert good.delivered
    assert "together" in str(good)
    assert judged(before, page(attempts=3, failed=1, receiver=receiver)) is None
