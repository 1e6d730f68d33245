"""What the language model of the demo knows: a few topics in Markdown, and a way to answer anything else."""

from __future__ import annotations

import re
from collections import Counter

SORTING = """\
Use **insertion sort**. On a list where each element is at most `k` places from home it needs only `O(nk)` steps:

```python
for i in range(1, len(items)):
    x, j = items[i], i
    while j and items[j - 1] > x:
        items[j] = items[j - 1]
        j -= 1
    items[j] = x
```

| method | nearly sorted | random |
|---|---|---|
| insertion | O(nk) | O(n²) |
| timsort | O(n) | O(n log n) |
| heap | O(n log n) | O(n log n) |

Python's own `sorted` is a *timsort*: it finds the runs that are there already and merges them.
"""

MERGING = """\
Then sort runs that fit, write them out, and merge: since the list is nearly sorted, most runs will not overlap, and \
the merge degenerates to copying one file behind the other.

1. Read as much as fits into memory, sort it, write it out as a run.
2. Open all runs at once and keep their heads in a heap.
3. Take the smallest head, write it, read the next one of its run.

```python
import heapq

def merged(runs):
    yield from heapq.merge(*runs)
```

For 1 TB with 8 GB of memory that is **125 runs**, and every byte is read and written twice.
"""

CACHING = """\
## Three ways to cache

A cache trades *memory* for *time*. What differs is who notices that a value has become stale.

### 1. In the process

```python
from functools import lru_cache

@lru_cache(maxsize=1024)
def price(article: str) -> float:
    return slow_lookup(article)
```

Nothing is faster, and nothing is forgotten sooner: it goes with the process.

### 2. Beside the process

A server of its own, shared by many. Each value has a time to live:

- short enough that nobody is misled,
- long enough that it pays,
- **jittered**, so that a thousand values do not expire at once.

### 3. In front of everything

| where | hit takes | stale for |
|---|---|---|
| process | 100 ns | until told |
| cache server | 500 µs | its time to live |
| edge | 5 ms | minutes |

> There are two hard things: cache invalidation, naming things, and being off by one.
"""

CHANNELS = """\
# Channels of a process

A *channel* is a named, append-only log that lives as long as its process runs.

- Only the **submitter** and the **assigned executor** may read or append.
- Each sender numbers its own entries: the submitter with odd sequences, the executor with even ones.
- `inreplyto` names the sequence that an entry answers.

```python
async with client.subscribe_channel(process.id, "chat") as subscription:
    async for event in subscription:
        print(event)
```

| type | says |
|---|---|
| `data` | content |
| `end` | the reply, or the whole stream, is complete |
| `error` | it went wrong |

When the process closes, its channels are **gone**. What nobody recorded is lost.
"""

_TOPICS: tuple[tuple[str, str], ...] = (
    ("memory", MERGING),
    ("merge", MERGING),
    ("sort", SORTING),
    ("cach", CACHING),
    ("channel", CHANNELS),
)

TITLES = ("sorting", "merging", "caching", "channels")
"""Topics that are known, one word each."""

_WORD = re.compile(r"[^\W\d_]{3,}")


def known(question: str) -> str | None:
    """The answer to a question that touches a topic, ``None`` for any other."""
    lowered = question.lower()
    return next((answer for stem, answer in _TOPICS if stem in lowered), None)


def answer(question: str) -> str:
    """A Markdown answer to anything; the same question gives the same answer."""
    return known(question) or _composed(question)


def _composed(question: str) -> str:
    """An answer made of the question's own words, with one of everything that Markdown has to offer."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(question))) or ["nothing"]
    longest = sorted(words, key=len, reverse=True)[:4]
    counts = Counter(word.lower() for word in _WORD.findall(question))
    rows = "\n".join(f"| {word} | {len(word)} | {max(1, counts[word])} |" for word in longest)
    steps = "\n".join(f"{number}. Say what you mean by *{word}*." for number, word in enumerate(longest, 1))
    return (
        f"## On {longest[0]}\n\n"
        f"This model is small and knows only {', '.join(TITLES[:-1])} and {TITLES[-1]}. "
        f"Of your question it understood **{len(words)}** {'word' if len(words) == 1 else 'words'}:\n\n"
        f"| word | letters | times |\n|---|---|---|\n{rows}\n\n"
        f"So this is how to go on:\n\n{steps}\n\n"
        f"```python\nquestion = {_quoted(question)}\nassert {longest[0]!r} in question.lower()\n```\n"
    )


def _quoted(text: str) -> str:
    """Text as a Python literal of one line that cannot end a block of code."""
    shown = text if len(text) <= 200 else text[:199] + "…"
    return repr(shown).replace("```", "'''")
