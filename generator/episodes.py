"""When an alert would have fired: from the moments at which its expression holds, as the server judges `for`. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that the alert fired: from `start`, the first evaluation at which it fired, to `end`, the first at which
    it did not any more. `still` says that it fired at the end of the range."""

    labels: tuple[tuple[str, str], ...]
    start: float
    end: float
    still: bool = False

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(slots=True)
class Counting:
    """Takes the moments of each subject in order, in as many parts as they come in; keeps one open run for each.

    A moment that is missing, because the condition was false or nobody evaluated it, ends a run: `for` begins anew.
    """

    step: float
    hold: float
    _runs: dict[tuple[tuple[str, str], ...], tuple[float, float]] = field(default_factory=dict)

    def add(self, labels: Labels, moments: Iterable[float]) -> Iterator[Episode]:
        """The episodes of one subject that these moments have ended."""
        who = tuple(sorted((name, value) for name, value in labels.items() if name != "__name__"))
        for moment in moments:
            began, last = self._runs.get(who, (moment, moment))
            if moment - last > self.step * 1.5:
                yield from self._ended(who, began, last)
                began = moment
            self._runs[who] = (began, moment)

    def sweep(self, moment: float) -> Iterator[Episode]:
        """Ends the runs of subjects that did not come back until `moment`, so that only open ones are kept."""
        for who, (began, last) in [*self._runs.items()]:
            if moment - last > self.step * 1.5:
                del self._runs[who]
                yield from self._ended(who, began, last)

    def finish(self, end: float) -> Iterator[Episode]:
        """The episodes left over when the range ends at `end`, its last evaluation."""
        for who, (began, last) in self._runs.items():
            yield from self._ended(who, began, last, still=end - last < self.step / 2)
        self._runs.clear()

    def _ended(
        self, who: tuple[tuple[str, str], ...], began: float, last: float, *, still: bool = False
    ) -> Iterator[Episode]:
        # The server fires at the first evaluation that is `for` or more after the first one that held.
        start = began + math.ceil(round(self.hold / self.step, 6)) * self.step
        if start <= last + self.step * 1e-6:
            yield Episode(who, start, last + self.step, still)


@dataclass(slots=True)
class Summary:
    """How often, how long, and who."""

    times: int = 0
    longest: float = 0.0
    total: float = 0.0
    subjects: Counter[str] = field(default_factory=Counter)

    def add(self, episode: Episode, subject: str) -> None:
        """Counts one episode."""
        self.times += 1
        self.longest = max(self.longest, episode.length)
        self.total += episode.length
        self.subjects[subject] += 1
