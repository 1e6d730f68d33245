"""Conversations to show: people, entries, and a view over a real log."""

from __future__ import annotations

from collections.abc import Iterable

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.log import ChannelLog
from colony_tui.store.log_view import LogView
from colony_tui.store.rows import Change
from colony_tui.store.views import ThreadView
from colony_tui.tui.widgets.stream import Person

START_NS = 1_795_435_451 * NANOSECONDS  # 2026-11-23 12:04:11 UTC
NOW_NS = START_NS + 60 * NANOSECONDS
ALICE, BOT, OTHER = "a" * 64, "b" * 64, "c" * 64


class People:
    """Three people."""

    def person(self, sender_id: str) -> Person:
        if sender_id == ALICE:
            return Person("alice", "you", 2)
        if sender_id == BOT:
            return Person("chatbot", "bot", 0)
        return Person("worker-1" if sender_id == OTHER else sender_id[:8], "bot", 1)


def entry(
    sequence: int, text: str | bytes, at_s: float, sender: str = ALICE, answers: int | None = None, kind: str = "data"
) -> ChannelEntry:
    """An entry, `at_s` seconds after the beginning."""
    payload = text.encode() if isinstance(text, str) else text
    return ChannelEntry(
        sequence=sequence,
        in_reply_to=answers,
        timestamp_ns=START_NS + round(at_s * NANOSECONDS),
        sender_id=sender,
        payload=payload,
        type=kind,
    )


def tokens(
    text: str, sequence: int, answers: int, at_s: float, per_s: float = 41, size: int = 4, ends: bool = True
) -> list[ChannelEntry]:
    """A reply of the bot, a few characters an entry, each with a sequence of its own."""
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    made = [
        entry(sequence + 2 * number, part, at_s + number / per_s, BOT, answers) for number, part in enumerate(parts)
    ]
    if ends:
        made.append(entry(sequence + 2 * len(parts), b"", at_s + len(parts) / per_s, BOT, answers, "end"))
    return made


class Channel:
    """A log with one view of it."""

    def __init__(self, entries: Iterable[ChannelEntry] = (), view: type[LogView] = ThreadView) -> None:
        self.log = ChannelLog("f" * 64, "chat", ALICE, [BOT, OTHER])
        if made := tuple(entries):
            self.log.add(made)
        self.view = view(self.log)

    def add(self, *entries: ChannelEntry) -> Change:
        """More entries; the change to be shown."""
        return self.view.apply(self.log.add(entries))


ANSWER = """Use **insertion sort.** On a list where each element is at most `k` places from home it needs only `O(nk)` \
steps:

```python
for i in range(1, len(items)):
    x, j = items[i], i
    while j and items[j - 1] > x:
        items[j] = items[j - 1]; j -= 1
    items[j] = x
```

| method | nearly sorted | random |
|---|---|---|
| insertion | O(nk) | O(n²) |
| timsort | O(n) | O(n log n) |
"""

SORTING = [
    entry(1, "What is the fastest way to sort a list that is nearly sorted?", 0),
    *tokens(ANSWER, 2, 1, 0.8, per_s=24),
    entry(2003, "And if it does not fit into memory?", 57, ALICE, 2),
    *tokens(
        "Then sort runs that fit, write them out, and merge: since the list is nearly sorted, most runs will not "
        "overlap, and the merge degenerates to",
        2004,
        2003,
        58,
        ends=False,
    ),
]
