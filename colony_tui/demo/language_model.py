"""A language model that streams: every token is an entry of its own, then an ``end`` in reply to the question."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from colony_tui.demo import topics
from colony_tui.demo.offers import Offer, number, text
from colony_tui.demo.pace import Pace
from colony_tui.demo.tokens import TOKENS_PER_S, said, tokens
from colony_tui.live.conversation import Conversation, Failed
from colony_tui.model import EntryType, FunctionArg


class LanguageModel:
    """The handlers of a language model."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    def offers(self) -> tuple[Offer, ...]:
        rate = FunctionArg("rate", "float", f"tokens a second, {TOKENS_PER_S:g} if not given")
        return (
            Offer("explain", "Answers every question in Markdown until you say bye", ("chat",), self.explain, (rate,)),
            Offer(
                "tokens",
                "Answers one question in Markdown",
                ("answer",),
                self.tokens,
                (FunctionArg("question", "string", "asked at once; else the channel's first entry is"), rate),
            ),
            Offer(
                "translate",
                "Translates word by word",
                ("output",),
                self.translate,
                (
                    FunctionArg("text", "string", "what to translate", is_required=True),
                    FunctionArg("into", "string", "rot13 if not given", choices=("backwards", "rot13", "shouted")),
                ),
            ),
        )

    async def explain(self, conversation: Conversation) -> str:
        """A conversation of streamed answers."""
        rate = number(conversation, "rate", 0, default=TOKENS_PER_S, highest=1000)
        answers = 0
        async for entry in conversation.incoming("chat"):
            question = entry.payload.decode(errors="replace")
            if entry.type == EntryType.END or question.strip().lower().rstrip("!.") in ("bye", "goodbye"):
                break
            if entry.type != EntryType.DATA:
                continue
            await self._pace.rest(0.8)
            answer = said(topics.answer(question), self._pace, rate)
            await conversation.stream("chat", answer, in_reply_to=entry.sequence)
            answers += 1
        await conversation.end("chat")
        return f"{answers} answers"

    async def tokens(self, conversation: Conversation) -> str:
        """One streamed answer."""
        rate = number(conversation, "rate", 1, default=TOKENS_PER_S, highest=1000)
        question = text(conversation, "question", 0)
        if question:
            # The answer needs an entry to answer: a reply without one is no reply.
            asked = await conversation.say("answer", question)
        else:
            entry = await anext(conversation.incoming("answer"))
            asked, question = entry.sequence, entry.payload.decode(errors="replace")
        answer = topics.answer(question)
        await self._pace.rest(0.8)
        await conversation.stream("answer", said(answer, self._pace, rate), in_reply_to=asked)
        await conversation.end("answer")
        return f"{len(tokens(answer))} tokens"

    async def translate(self, conversation: Conversation) -> str:
        """One entry a word."""
        source = text(conversation, "text", 0)
        into = text(conversation, "into", 1, default="rot13")
        if into not in _TRANSLATIONS:
            raise Failed(f"into must be one of {', '.join(_TRANSLATIONS)}, not {into!r}")
        words = [_TRANSLATIONS[into](word) for word in source.split()]
        async for at in self._pace.ticks(len(words), 8.0):
            await conversation.say("output", words[at])
        await conversation.end("output")
        return " ".join(words)


_TRANSLATIONS: dict[str, Callable[[str], str]] = {
    "backwards": lambda word: word[::-1],
    "rot13": lambda word: codecs.encode(word, "rot13"),
    "shouted": str.upper,
}
