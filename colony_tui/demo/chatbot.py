"""The chat bot of the tutorial, with a few more answers: each line is answered by naming its sequence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from colony_tui.demo import topics
from colony_tui.demo.offers import Offer
from colony_tui.demo.pace import Pace
from colony_tui.demo.tokens import said
from colony_tui.live.conversation import Conversation
from colony_tui.model import ChannelEntry, EntryType

CHANNEL = "chat"

HELP = """\
hello, hi      a greeting
time           the time here, in UTC
echo TEXT      TEXT again
explain TOPIC  a long answer, word by word: sorting, merging, caching, channels
json           a JSON value
escapes        what must never reach a terminal
bye            ends the chat"""

GREETINGS = ("hello", "hi")

ESCAPES = b"\x1b[31mred\x1b[0m, a title \x1b]0;owned\x07, the bell \x07, right to left \xe2\x80\xae, broken \xff\xfe"


class ChatBot:
    """The handler of a chat.

    Args:
        now: the time that it tells.
    """

    def __init__(self, pace: Pace, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._pace = pace
        self._now = now

    def offers(self) -> tuple[Offer, ...]:
        return (Offer("chat", "Talks; say help", (CHANNEL,), self.chat),)

    async def chat(self, conversation: Conversation) -> str:
        """Answers line by line until the submitter says bye or ends the channel."""
        answered = 0
        async for entry in conversation.incoming(CHANNEL):
            if entry.type == EntryType.END:
                break
            if entry.type != EntryType.DATA:
                continue
            await self._answer(conversation, entry)
            answered += 1
            if "bye" in _line(entry).lower():
                break
        await conversation.end(CHANNEL)
        return f"answered {answered}"

    async def _answer(self, conversation: Conversation, entry: ChannelEntry) -> None:
        line = _line(entry)
        await self._pace.rest(0.4)
        long = topics.known(line)
        if line.lower().startswith("explain"):
            long = topics.answer(line[len("explain") :].strip() or "nothing")
        if long is not None:
            await conversation.stream(CHANNEL, said(long, self._pace), in_reply_to=entry.sequence)
        else:
            await conversation.say(CHANNEL, self._short(line), in_reply_to=entry.sequence)

    def _short(self, line: str) -> str | bytes:
        lowered = line.lower()
        if lowered.rstrip("!.") in GREETINGS:
            return "Hello! How can I help you?"
        if "bye" in lowered:
            return "Goodbye! Have a great day!"
        if lowered.startswith("echo "):
            return line[5:]
        match lowered.rstrip("?"):
            case "help":
                return HELP
            case "time":
                return f"It's {self._now():%H:%M:%S} UTC"
            case "json":
                return json.dumps({"answer": 42, "of": ["life", "universe", "everything"], "is_final": True})
            case "escapes":
                return ESCAPES
        return "I received your message!"


def _line(entry: ChannelEntry) -> str:
    return entry.payload.decode(errors="replace").strip()
