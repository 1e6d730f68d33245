"""What a real server sent, replayed: late, reused and negative sequences, put-backs, frames that overlap."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from colony_tui.model import ChannelEntry, Process, ProcessState
from colony_tui.store.log import ChannelLog
from colony_tui.store.processes import ProcessTable
from colony_tui.store.rows import EntryRow, FoldState, MarkKind, MarkRow
from colony_tui.store.views import RawView, ThreadView, TimeView
from colony_tui.wire import decode
from tests.store.mirror import Mirror
from tests.store.naive import Naive

DATA = Path(__file__).parent.parent / "data" / "wire"


def lines_of(name: str) -> Iterator[dict[str, Any]]:
    (path,) = DATA.glob(f"{name}-*.jsonl")
    for line in path.read_text().splitlines():
        yield json.loads(line)


def processes_in(name: str) -> list[Process]:
    """Every snapshot that a recording holds, in its order."""
    found: list[Process] = []
    for line in lines_of(name):
        body = line.get("payload", (line.get("ws_frame") or {}).get("payload"))
        for each in body if isinstance(body, list) else [body]:
            if isinstance(each, dict) and "processid" in each and "spec" in each:
                found.append(decode.process(json.dumps(each).encode()))
    return found


def batches_in(name: str) -> dict[tuple[str, str], list[tuple[ChannelEntry, ...]]]:
    """What was read of or pushed from each channel, in the recording's order."""
    found: dict[tuple[str, str], list[tuple[ChannelEntry, ...]]] = defaultdict(list)
    channel = ("", "")
    for line in lines_of(name):
        request = line.get("rpc") or line.get("ws_send") or {}
        if request.get("msgtype") == "subscribechannelmsg":
            channel = (request["processid"], request["name"])
        if request.get("msgtype") == "channelreadmsg" and isinstance(line["payload"], list):
            batch = decode.entries(json.dumps(line["payload"]).encode()).entries
            found[request["processid"], request["name"]].append(batch)
        frame = line.get("ws_frame")
        if frame and frame["payloadtype"] == "subscribechannelmsg" and isinstance(frame["payload"], list):
            found[channel].append(decode.entries(json.dumps(frame["payload"]).encode()).entries)
    return {key: [batch for batch in batches if batch] for key, batches in found.items() if any(batches)}


def submitter_in(name: str, process_id: str) -> str:
    return next((each.initiator_id for each in processes_in(name) if each.id == process_id), "")


CHANNELS = [(name, *key) for name in ("02", "03", "05", "08") for key in batches_in(name)]


@pytest.mark.parametrize(("name", "process_id", "channel"), CHANNELS, ids=lambda value: value[:6])
def test_recorded_batches_give_one_log_in_whatever_order_they_come(name: str, process_id: str, channel: str) -> None:
    batches = batches_in(name)[process_id, channel]
    submitter = submitter_in(name, process_id)
    entries = {each.identity: each for batch in batches for each in batch}
    expected = Naive(submitter).in_order(entries.values())
    for seed in range(12):
        order = batches * 2
        random.Random(seed).shuffle(order)
        log = ChannelLog(process_id, channel, submitter)
        views = [ThreadView(log), TimeView(log), RawView(log)]
        mirrors = [Mirror(view, position=isinstance(view, RawView)) for view in views]
        for batch in order:
            change = log.add(batch)
            for view, mirror in zip(views, mirrors, strict=True):
                mirror.follow(view.apply(change))
        assert list(log) == expected
        assert len(views[2]) == log.count == len(entries)


def test_late_reused_and_negative_sequences_as_the_server_kept_them() -> None:
    ((key, batches),) = batches_in("03").items()
    log = ChannelLog(*key, submitter_in("03", key[0]))
    coming = [each for batch in batches for each in batch]
    random.Random(3).shuffle(coming)
    for each in coming:
        log.add([each])
    said = [(log.is_from_submitter(each.sender_id), each.sequence, each.payload.decode()) for each in log]
    assert [sequence for is_submitter, sequence, _ in said if is_submitter] == [-4, 1, 3, 5, 5]
    assert [sequence for is_submitter, sequence, _ in said if not is_submitter] == [1, 2, 9]
    assert said[0] == (True, -4, "negative"), "the lowest sequence stands where its sender's first entry stands"
    assert said[-1] == (False, 9, "custom type")
    view = ThreadView(log)
    row = view[-1]
    assert isinstance(row, EntryRow)
    assert (row.first.type, row.fold) == ("weird", FoldState.SINGLE)


def test_a_put_back_process_is_two_attempts_and_nothing_jumps() -> None:
    snapshots = processes_in("05")
    (key, batches), *_ = ((key, batches) for key, batches in batches_in("05").items() if len(batches) > 1)
    mine = [each for each in snapshots if each.id == key[0]]
    starts = [each.started_ns for each in mine if each.started_ns is not None]
    log = ChannelLog(*key, mine[0].initiator_id)
    log.set_attempts(starts[:1], executor_ids=[each.executor_id for each in mine if each.executor_id][:1])
    log.add(batches[0])
    before = list(log)
    assert log.goes_back(batches[-1]), "sequence 1 comes again: the process must be looked at first"
    log.set_attempts(starts, executor_ids=[each.executor_id for each in mine if each.started_ns is not None])
    assert len(log.attempts.starts_ns) == 2, "the same start in nanoseconds and in microseconds is one"
    change = log.add(batches[-1])
    assert list(log)[: len(before)] == before
    assert not change.needs_process
    assert [(log.attempt_of(each), each.payload.decode()) for each in log] == [
        (1, "first life"),
        (1, "from the old executor"),
        (2, "second life (sequence starts again)"),
    ]
    rows = [row.kind if isinstance(row, MarkRow) else row.first.payload[:6] for row in TimeView(log)]
    assert rows == [b"first ", b"from t", MarkKind.ATTEMPT, b"second"]


def test_of_recorded_snapshots_the_last_state_stays_in_whatever_order_they_come() -> None:
    snapshots = [*processes_in("05"), *processes_in("08")]
    last = {each.id: each for each in snapshots}
    for seed in range(20):
        coming = [*snapshots]
        random.Random(seed).shuffle(coming)
        table = ProcessTable()
        table.merge(coming)
        for process_id, expected in last.items():
            held = table.get(process_id)
            assert held is not None
            assert (held.state, held.retries) == (expected.state, expected.retries)


def test_the_frame_of_a_put_back_does_not_replace_what_is_known() -> None:
    snapshots = processes_in("08")
    put_back = next(each for each in snapshots if each.state is ProcessState.WAITING and each.started_ns)
    assert (put_back.retries, bool(put_back.executor_id)) == (0, True), "older than the process, as the server sends it"
    table = ProcessTable()
    running = type(put_back)(
        **{name: getattr(put_back, name) for name in put_back.__struct_fields__} | {"state": ProcessState.RUNNING}
    )
    table.merge([running])
    assert not table.merge([put_back])
