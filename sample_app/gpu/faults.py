"""What is wrong with simulated cards on purpose."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_CARDS = 16
CardNumber = Annotated[int, Field(ge=0, lt=MOST_CARDS)]
XidCode = Annotated[int, Field(ge=1, le=999)]


class Faults(BaseModel):
    """The whole of it is replaced at once; what is left out is switched off.

    overheat: numbers of the cards that climb to 95 degrees Celsius.
    xid: the last XID error's code by card number.
    lost: numbers of the cards that fell off the bus: nothing is shown of them.
    seconds: all faults end by themselves after so many seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    overheat: frozenset[CardNumber] = frozenset()
    xid: dict[CardNumber, XidCode] = {}
    lost: frozenset[CardNumber] = frozenset()
    seconds: float = Field(900.0, gt=0, le=86400)

    def cards(self) -> frozenset[int]:
        """Numbers of all cards that something is wrong with."""
        return self.overheat | self.lost | frozenset(self.xid)
