"""The built-in language model: word trigrams of a short text about monitoring in English and Korean.

It is as small as a language model can be, and it is one: it learns at start which words follow which, and writes word
by word what is likely after the words before. Nothing but the text in the package is in it.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from .chat import ChatRequest, Completion
from .tokens import count_prompt, join, tokenize

NAME = "tiny"
DEFAULT_TOKENS = 64
MOST_TOKENS = 256
"""An answer never gets longer, whatever `max_tokens` allows; it ends with finish_reason "length" then."""

SENTENCES = 3
_HANGUL = re.compile("[가-힣]")
_SENTENCE_ENDS = frozenset(".!?")
_ONE_WORD_WEIGHT = 0.2
"""How much the last word alone counts, beside the last two."""

_Context = tuple[str, str]


class TinyModel:
    """Learns a text; writes what is likely to follow a prompt.

    At temperature 0 the same prompt always gets the same answer. Above, words are drawn by their likelihood to the
    power of 1 / temperature.
    """

    def __init__(self, text: str) -> None:
        self._after_two: dict[_Context, Counter[str]] = defaultdict(Counter)
        self._after_one: dict[str, Counter[str]] = defaultdict(Counter)
        self._uses: Counter[str] = Counter()
        for sentence in _sentences(tokenize(text)):
            self._learn(sentence)

    @classmethod
    def trained(cls) -> TinyModel:
        """A model of the text in the package. Raises OSError when it cannot be read."""
        return cls((Path(__file__).parent / "corpus.txt").read_text(encoding="utf-8"))

    def write(self, prompt: str, max_tokens: int, temperature: float) -> tuple[list[str], bool]:
        """The tokens of an answer of up to three sentences, and whether it ended by itself."""
        digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
        dice = random.Random(digest if temperature == 0 else None)  # noqa: S311  (writes prose, keeps no secret)
        words = tokenize(prompt)
        begin = _beginning(words)
        first = self._topic(words)
        answer = [first] if first else []
        context = (begin, first or begin)
        used: set[tuple[_Context, str]] = set()
        sentences = 0
        while len(answer) < max_tokens:
            word = self._next(context, temperature, dice, used)
            used.add((context, word))
            answer.append(word)
            context = (context[1], word)
            if word in _SENTENCE_ENDS:
                sentences += 1
                if sentences == SENTENCES:
                    return answer, True
                context = (begin, begin)
        return answer, False

    def _learn(self, sentence: list[str]) -> None:
        self._uses.update(set(sentence))
        begin = _beginning(sentence)
        padded = [begin, begin, *sentence]
        for before, last, word in zip(padded, padded[1:], sentence, strict=False):
            self._after_two[before, last][word] += 1
            self._after_one[last][word] += 1

    def _topic(self, prompt: list[str]) -> str | None:
        """The word of the prompt that says most: the rarest that something follows in the text."""
        forms = [form for word in prompt for form in (word, word.lower(), word.capitalize()) if len(word) > 1]
        known = [form for form in forms if form in self._after_one]
        return min(known, key=lambda word: self._uses[word], default=None)

    def _next(self, context: _Context, temperature: float, dice: random.Random, used: set[tuple[_Context, str]]) -> str:
        scores: defaultdict[str, float] = defaultdict(float)
        for counts, weight in ((self._after_two.get(context), 1.0), (self._after_one[context[1]], _ONE_WORD_WEIGHT)):
            total = sum(counts.values()) if counts else 0
            for word, count in (counts or {}).items():
                scores[word] += weight * count / total
        fresh = [word for word in scores if (context, word) not in used] or list(scores)
        if temperature > 0:
            top = max(scores[word] for word in fresh)
            return dice.choices(fresh, [(scores[word] / top) ** (1 / temperature) for word in fresh])[0]
        best = max(scores[word] for word in fresh)
        return dice.choice([word for word in fresh if scores[word] == best])


class TinyBackend:
    """The built-in model behind the gateway. It answers under whatever name it is asked by, and says its own."""

    def __init__(self, model: TinyModel | None = None) -> None:
        self._model = model or TinyModel.trained()

    async def complete(self, _model: str, asked: ChatRequest) -> Completion:
        """The answer to the last message of a user, or to the last message at all."""
        users = [message.content for message in asked.messages if message.role == "user"]
        prompt = (users or [asked.messages[-1].content])[-1]
        limit = min(asked.max_tokens or DEFAULT_TOKENS, MOST_TOKENS)
        tokens, ended = self._model.write(prompt, limit, asked.temperature)
        return Completion(
            text=join(tokens),
            model=NAME,
            input_tokens=count_prompt(message.content for message in asked.messages),
            output_tokens=len(tokens),
            finish_reason="stop" if ended else "length",
        )

    async def close(self) -> None:
        """Holds nothing."""


def _beginning(words: list[str]) -> str:
    """What stands before the first word of a sentence: one mark for each language, so that an answer stays in it."""
    return "<ko>" if any(_HANGUL.search(word) for word in words) else "<en>"


def _sentences(tokens: Iterable[str]) -> Iterable[list[str]]:
    sentence: list[str] = []
    for token in tokens:
        sentence.append(token)
        if token in _SENTENCE_ENDS:
            yield sentence
            sentence = []
