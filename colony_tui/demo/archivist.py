"""An executor that serves one process at a time, so that others queue up behind it."""

from __future__ import annotations

import re
from collections import Counter

from colony_tui.demo.offers import Offer, text
from colony_tui.demo.pace import Pace
from colony_tui.live.conversation import Conversation, Failed
from colony_tui.model import FunctionArg

READING_S = 2.0
"""Per sentence."""

_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_WORD = re.compile(r"[^\W\d_]{4,}")


class Archivist:
    """The handler of summaries."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def offers(self) -> tuple[Offer, ...]:
        return (
            Offer(
                "summarize",
                "Finds the sentence that says most, one text at a time",
                ("output",),
                self.summarize,
                (FunctionArg("text", "string", "a few sentences", is_required=True),),
            ),
        )

    async def summarize(self, conversation: Conversation) -> str:
        """Reads sentence by sentence and returns the one whose words are used most in the whole text."""
        source = text(conversation, "text", 0)
        sentences: list[str] = [found.strip() for found in _SENTENCE.findall(source) if found.strip()]
        if not sentences:
            raise Failed("There is no text to summarize; give it as 'text'")
        counts = Counter(word.lower() for word in _WORD.findall(source))
        for number, _ in enumerate(sentences, 1):
            await self._pace.rest(READING_S)
            await conversation.say("output", f"Reading sentence {number}/{len(sentences)}")
        best = max(sentences, key=lambda sentence: sum(counts[word.lower()] for word in _WORD.findall(sentence)))
        await conversation.say("output", best)
        await conversation.end("output")
        return best
