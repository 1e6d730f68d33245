"""The stream's figures: 10,000 entries of mixed length, every fifth a reply, on 120x40.

Each row runs an app of ours and one of the baseline's, in one process, without a terminal. "Painted" means that the
screen has been composed again and handed to the driver.
"""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import RichLog, Static

from colony_tui.model import NANOSECONDS, ChannelEntry
from colony_tui.store.log import ChannelLog
from colony_tui.store.views import ThreadView
from colony_tui.tui.themed_app import ThemedApp
from colony_tui.tui.widgets.stream import Person, StreamView, tune_gc, untune_gc
from tests.bench.rows import Figure, Row, in_unit, times_faster

COUNT = 10_000
SIZE = (120, 40)
FRAME_S = 1 / 30
START_NS = 1_795_435_451 * NANOSECONDS
ALICE, BOT = "a" * 64, "b" * 64


class _People:
    def person(self, sender_id: str) -> Person:
        return Person("alice", "you", 0) if sender_id == ALICE else Person("chatbot", "bot", 1)


def entries(count: int, start: int = 0) -> list[ChannelEntry]:
    """Mixed lengths, every fifth a reply to the one before."""
    made = []
    for number in range(start, start + count):
        chance = random.Random(number)
        text = " ".join("word" * chance.randint(1, 3) for _ in range(chance.choice([2, 5, 12, 12, 30, 60])))
        is_reply = number % 5 == 4
        made.append(
            ChannelEntry(
                sequence=2 * number + 2 if is_reply else 2 * number + 1,
                in_reply_to=2 * (number - 1) + 1 if is_reply else None,
                timestamp_ns=START_NS + number * NANOSECONDS // 10,
                sender_id=BOT if is_reply else ALICE,
                payload=text.encode(),
            )
        )
    return made


class _Ours(ThemedApp[None]):
    def __init__(self) -> None:
        super().__init__()
        self.stream = StreamView(_People())

    def compose(self) -> ComposeResult:
        yield self.stream


class _Baseline(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.log_view = RichLog(wrap=True, auto_scroll=True)

    def compose(self) -> ComposeResult:
        yield self.log_view


class _Statics(App[None]):
    def compose(self) -> ComposeResult:
        with VerticalScroll():
            for entry in entries(1_000):
                yield Static(entry.payload.decode(), markup=False)


def write(log: RichLog, made: Sequence[ChannelEntry]) -> None:
    """The same text as ours: a head line and the body, replies with a bar."""
    for entry in made:
        bar = "┃ " if entry.in_reply_to else ""
        head = Text(bar + ("chatbot" if bar else "alice"), style="bold")
        head.append(f" bot   12:04:11   #{entry.sequence}", style="dim")
        log.write(head)
        log.write(Text(bar + entry.payload.decode()))


class _Channel:
    def __init__(self, made: Sequence[ChannelEntry]) -> None:
        self.log = ChannelLog("f" * 64, "chat", ALICE, [BOT])
        self.log.add(made)
        self.view = ThreadView(self.log)

    def show(self, stream: StreamView, made: Sequence[ChannelEntry]) -> None:
        """All that comes of more entries: the log's work, the view's, the stream's."""
        stream.show(self.view.apply(self.log.add(made)))


async def painted(widget: Widget) -> None:
    """Until what has been asked for is on the screen."""
    done = asyncio.Event()
    widget.call_after_refresh(done.set)
    await done.wait()


async def timed(widget: Widget, work: Callable[[], object]) -> float:
    """Seconds from there to the settled paint."""
    gc.collect()
    started = time.perf_counter()
    work()
    await painted(widget)
    return time.perf_counter() - started


@asynccontextmanager
async def ours(count: int = 0) -> AsyncIterator[tuple[StreamView, _Channel]]:
    """Our app, showing that many entries."""
    channel = _Channel(entries(count))
    app = _Ours()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        if count:
            app.stream.set_rows(channel.view)
        await painted(app.stream)
        await pilot.pause(2 * FRAME_S)
        yield app.stream, channel


@asynccontextmanager
async def baseline(count: int = 0) -> AsyncIterator[RichLog]:
    """RichLog, showing that many entries."""
    app = _Baseline()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        write(app.log_view, entries(count))
        await painted(app.log_view)
        await pilot.pause(2 * FRAME_S)
        yield app.log_view


def run(work: Callable[[], Awaitable[Figure]]) -> Callable[[], Figure]:
    """A row's coroutine as what the runner calls."""

    async def main() -> Figure:
        return await work()

    return lambda: asyncio.run(main())


async def _open() -> Figure:
    times = []
    made = entries(COUNT)

    # The log is there when a channel is opened: whoever follows holds it. What opening makes of it is timed.
    log_held = _Channel(made).log

    def fill(stream: StreamView) -> None:
        stream.set_rows(ThreadView(log_held))

    for _ in range(3):
        async with ours() as (stream, _):
            times.append(await timed(stream, partial(fill, stream)))
    async with baseline() as log:
        base = await timed(log, lambda: write(log, made))
    return times_faster(statistics.median(times), base, 25, "RichLog writing the same text")


async def _feed(step: Callable[[Sequence[ChannelEntry]], object], per_s: int, seconds: float, start: int) -> None:
    """That many entries a second, handed over as they come due."""
    loop = asyncio.get_running_loop()
    began, made, done = loop.time(), entries(round(per_s * seconds), start), 0
    while done < len(made):
        due = min(len(made), int((loop.time() - began) * per_s) + 1)
        if due > done:
            step(made[done:due])
            done = due
        await asyncio.sleep(1 / per_s)


async def _cpu(work: Awaitable[None]) -> float:
    """Share of one core while that runs."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


async def _append() -> Figure:
    start = 9_000
    async with ours(start) as (stream, channel):

        def take(made: Sequence[ChannelEntry]) -> None:
            stream.show(channel.view.apply(channel.log.add(made)))

        mine = await _cpu(_feed(take, 100, 4, start))
    async with baseline(start) as log:
        queue: list[ChannelEntry] = []

        async def frames() -> None:
            while True:
                await asyncio.sleep(FRAME_S)
                if queue:
                    write(log, queue)
                    queue.clear()

        painter = asyncio.create_task(frames())
        base = await _cpu(_feed(queue.extend, 100, 4, start))
        painter.cancel()
    ratio = base / mine
    return Figure(
        f"{mine:.1%} of a core, the store's work included",
        f"{base:.1%} (RichLog, 30 frames/s)",
        "at least 2.5 times less",
        f"{ratio:.2f} times less",
        ratio >= 2.5,
    )


async def _burst() -> Figure:
    start, mine, base = 8_000, [], []
    async with ours(start) as (stream, channel):
        for number in range(4):
            made = entries(500, start + 500 * number)
            mine.append(await timed(stream, partial(channel.show, stream, made)))
            await asyncio.sleep(3 * FRAME_S)
    async with baseline(start) as log:
        for number in range(4):
            made = entries(500, start + 500 * number)
            base.append(await timed(log, partial(write, log, made)))
    return times_faster(statistics.median(mine), statistics.median(base), 5, "RichLog")


async def _insert() -> Figure:
    mine = []
    async with ours(9_000) as (stream, channel):
        for number in range(10):
            place = 101 + 5 * number  # where nothing of the bot's is: it was said there, and comes only now
            late = ChannelEntry(
                sequence=2 * place + 2,
                in_reply_to=201,
                timestamp_ns=START_NS + place * NANOSECONDS // 10 + 1,
                sender_id=BOT,
                payload=b"late",
            )
            mine.append(await timed(stream, partial(channel.show, stream, [late])))
            await asyncio.sleep(3 * FRAME_S)
    made = entries(9_000)
    async with baseline(9_000) as log:

        def again() -> None:
            log.clear()
            write(log, made)

        base = await timed(log, again)
    return times_faster(statistics.median(mine), base, 50, "RichLog cleared and written again")


async def _token() -> Figure:
    tokens = 60
    async with ours(9_000) as (stream, channel):

        async def ours_grow() -> None:
            for number in range(tokens):
                token = ChannelEntry(
                    sequence=1_000_000 + 2 * number,
                    in_reply_to=2 * 8_998 + 1,
                    timestamp_ns=START_NS + (1_000 + number) * NANOSECONDS,
                    sender_id=BOT,
                    payload=b" token",
                )
                stream.show(channel.view.apply(channel.log.add([token])))
                await asyncio.sleep(1.2 * FRAME_S)  # each token a frame of its own

        cpu = time.process_time()
        await ours_grow()
        mine = (time.process_time() - cpu) / tokens
    app = _Statics()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        last = list(app.query(Static))[-1]
        last.scroll_visible(animate=False, immediate=True)
        await pilot.pause(0.2)
        text = "a reply"
        cpu = time.process_time()
        for _ in range(20):
            text += " token"
            last.update(text)
            await painted(last)
        base = (time.process_time() - cpu) / 20
    return times_faster(mine, base, 3, "updating one Static among 1,000, CPU")


async def _growth() -> Figure:
    async def cost(count: int) -> float:
        took = []
        async with ours(count) as (stream, channel):
            for number in range(60):
                change = channel.view.apply(channel.log.add(entries(1, count + number)))
                started = time.process_time()
                stream.show(change)
                await painted(stream)
                took.append(time.process_time() - started)
                await asyncio.sleep(1.5 * FRAME_S)
        return statistics.median(took)

    small, large = await cost(100), await cost(9_900)
    return Figure(
        f"{in_unit(large)} CPU at 9,900 entries",
        f"{in_unit(small)} at 100",
        "ratio at least 0.7",
        f"ratio {small / large:.2f}",
        small / large >= 0.7,
    )


async def _resized(widget: Widget, width: int, then: Callable[[], object]) -> float:
    """Seconds from another width of the terminal to the settled paint."""
    gc.collect()
    app = widget.app
    size = Size(width, SIZE[1])
    started = time.perf_counter()
    app.post_message(events.Resize(size, size))
    while widget.outer_size.width != width:  # noqa: ASYNC110  # Textual tells of it only by the size
        await asyncio.sleep(0)
    then()
    await painted(widget)
    return time.perf_counter() - started


async def _resize() -> Figure:
    async with ours(COUNT) as (stream, _):
        mine = [await _resized(stream, width, lambda: None) for width in (100, 120, 90, 110)]
    made = entries(COUNT)
    async with baseline(COUNT) as log:

        def again() -> None:
            log.clear()
            write(log, made)

        base = await _resized(log, 100, again)
    return times_faster(statistics.median(mine), base, 10, "RichLog cleared and written again")


class _Pauses:
    """Durations of the garbage collector's passes."""

    def __init__(self) -> None:
        self.worst = 0.0
        self._began = 0.0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.worst = max(self.worst, time.perf_counter() - self._began)


async def _lag() -> Figure:
    delays: list[float] = []
    pauses = _Pauses()
    async with ours(5_000) as (stream, channel):
        tune_gc()
        gc.callbacks.append(pauses)

        async def watch() -> None:
            loop = asyncio.get_running_loop()
            while True:
                due = loop.time() + 0.002
                await asyncio.sleep(0.002)
                delays.append(loop.time() - due)

        watcher = asyncio.create_task(watch())

        def take(made: Sequence[ChannelEntry]) -> None:
            stream.show(channel.view.apply(channel.log.add(made)))

        await _feed(take, 1_000, 5, 5_000)
        watcher.cancel()
        gc.callbacks.remove(pauses)
    untune_gc()
    delays.sort()
    at_99, worst = delays[int(len(delays) * 0.99)], delays[-1]
    return Figure(
        f"99th percentile {in_unit(at_99)}, worst {in_unit(worst)}",
        "–",
        "both within 20 ms",
        f"worst {in_unit(worst)}",
        worst <= 0.020,
        f"worst pause of the garbage collector {in_unit(pauses.worst)}",
    )


async def _memory() -> Figure:
    made = entries(COUNT)
    payload = sum(len(entry.payload) for entry in made) / COUNT

    async def held(widget: Widget, fill: Callable[[], object]) -> float:
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        kept = fill()
        await painted(widget)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        del kept
        return (after - before) / COUNT

    def fill(stream: StreamView) -> _Channel:
        channel = _Channel(made)
        stream.set_rows(channel.view)
        return channel

    async with ours() as (stream, _):
        whole = await held(stream, lambda: fill(stream))
    async with ours() as (stream, _):
        view = _Channel(made).view
        widget = await held(stream, lambda: stream.set_rows(view))
    async with baseline() as rich:
        base = await held(rich, lambda: write(rich, made))
    ratio = base / whole
    return Figure(
        f"{whole:,.0f} bytes an entry (log and rows of the store {whole - widget:,.0f}, widget {widget:,.0f})",
        f"{base:,.0f} bytes (RichLog)",
        "at least 3 times less",
        f"{ratio:.2f} times less",
        ratio >= 3,
        f"the payload itself, {payload:,.0f} bytes, is counted on neither side's entries",
    )


ROWS = (
    Row("stream.open", "10,000 entries, to the settled paint", run(_open)),
    Row("stream.append", "CPU at 100 entries/s, following, 9,000 held", run(_append)),
    Row("stream.burst", "500 entries at once, to painted, 8,000 held", run(_burst)),
    Row("stream.insert", "a late reply under an old parent, view at the end, 9,000 held", run(_insert)),
    Row("stream.token", "one more token on the last reply, CPU to painted", run(_token)),
    Row("stream.growth", "an append at many entries against few", run(_growth)),
    Row("stream.resize", "another width, 10,000 entries, to the settled paint", run(_resize)),
    Row("stream.lag", "delays of the event loop at 1,000 entries/s", run(_lag)),
    Row("stream.memory", "memory an entry, 10,000 entries", run(_memory)),
)
