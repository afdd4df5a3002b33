"""alertmanager/templates/*.tmpl: what is told, in the stack's language, one file for each kind of channel in use."""

from __future__ import annotations

from collections.abc import Iterable

from generator import names
from generator.bundle import Artifact
from generator.model import Stack
from generator.notifications import MAKERS, common
from generator.render import comment
from generator.texts import TEXTS


def build(stack: Stack) -> Iterable[Artifact]:
    """Nothing where every receiver is a webhook, which gets everything as JSON."""
    words = TEXTS[stack.locale].words
    kinds = sorted({type(channel).__name__.lower() for r in stack.alerting.receivers for channel in r.channels})
    files = {kind: MAKERS[kind](words) for kind in kinds if kind in MAKERS}
    if files:
        files["common"] = common()
    for kind, text in files.items():
        header = comment(f"What is told by way of {kind}." if kind in MAKERS else "What all channels share.", mark="")
        yield Artifact(names.template_file(kind), f"{{{{/*\n{header}*/}}}}\n{text}")
