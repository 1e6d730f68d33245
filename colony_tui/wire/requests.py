"""Every request as a typed value: what the client signs and what the embedded colony reads.

Attributes carry the names of the field; the wire's spellings are given once, in ``_SPELLINGS``.
``doing`` completes the sentence "The server refused to …".
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from colony_tui.wire.shapes import (
    AttributeShape,
    ColonyShape,
    ExecutorShape,
    FunctionShape,
    SpecShape,
    UserShape,
)

_SPELLINGS = {
    "after_index": "afterseq",
    "available_cpu": "availablecpu",
    "available_mem": "availablemem",
    "channel": "name",
    "colony": "colonyname",
    "entry_type": "payloadtype",
    "executor_id": "executorid",
    "executor_name": "executorname",
    "executor_type": "executortype",
    "function": "fun",
    "in_reply_to": "inreplyto",
    "output": "out",
    "process_id": "processid",
    "since_ns": "since",
    "time_limit": "timeout",
    "user_id": "userid",
    "user_name": "name",
    "colony_shape": "colony",
}

Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Request(msgspec.Struct, tag_field="msgtype", frozen=True, kw_only=True, rename=_SPELLINGS.get):
    """A signed request; its tag is the message type."""

    doing: ClassVar[str] = "do this"

    @property
    def message_type(self) -> str:
        """The wire's message type, as in the envelope's ``payloadtype``."""
        return str(self.__struct_config__.tag)


class AddColony(Request, tag="addcolonymsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "add the colony"
    colony_shape: ColonyShape


class GetColonies(Request, tag="getcoloniesmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "list the colonies"


class RemoveColony(Request, tag="removecolonymsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "remove the colony"
    colony: str


class GetColony(Request, tag="getcolonymsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the colony"
    colony: str


class AddUser(Request, tag="addusermsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "add the user"
    user: UserShape


class RemoveUser(Request, tag="removeusermsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "remove the user"
    colony: str
    user_name: str


class GetUsers(Request, tag="getusersmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "list the users"
    colony: str


class GetUser(Request, tag="getusermsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the user"
    colony: str
    user_name: str


class GetUserById(Request, tag="getuserbyidmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the user"
    colony: str
    user_id: str


class AddExecutor(Request, tag="addexecutormsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "register the executor"
    executor: ExecutorShape


class ApproveExecutor(Request, tag="approveexecutormsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "approve the executor"
    colony: str
    executor_name: str


class RemoveExecutor(Request, tag="removeexecutormsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "remove the executor"
    colony: str
    executor_name: str


class GetExecutors(Request, tag="getexecutorsmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "list the executors"
    colony: str


class GetExecutor(Request, tag="getexecutormsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the executor"
    colony: str
    executor_name: str


class GetExecutorById(Request, tag="getexecutorbyidmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the executor"
    colony: str
    executor_id: str


class AddFunction(Request, tag="addfunctionmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "register the function"
    function: FunctionShape


class GetFunctions(Request, tag="getfunctionsmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "list the functions"
    colony: str
    executor_name: str = ""


class Submit(Request, tag="submitfuncspecmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "take the process"
    spec: SpecShape


class Assign(Request, tag="assignprocessmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "assign a process"
    colony: str
    time_limit: int
    available_cpu: str = ""
    available_mem: str = ""


class GetProcess(Request, tag="getprocessmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the process"
    process_id: str


class GetProcesses(Request, tag="getprocessesmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "list the processes"
    colony: str
    count: int
    state: int
    executor_type: str = ""
    label: str = ""
    initiator: str = ""


class GetRecentProcesses(Request, tag="getprocesshistmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "list recent processes"
    colony: str
    executor_id: str = ""
    seconds: int
    state: int


class CloseSuccessful(Request, tag="closesuccessfulmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "close the process"
    process_id: str
    output: list[object]


class CloseFailed(Request, tag="closefailedmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "close the process as failed"
    process_id: str
    errors: list[str]


class SetOutput(Request, tag="setoutputmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "set the output"
    process_id: str
    output: list[object]


class CancelProcess(Request, tag="cancelprocessmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "cancel the process"
    process_id: str


class RemoveProcess(Request, tag="removeprocessmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "remove the process"
    process_id: str
    all: bool = False


class AppendEntry(Request, tag="channelappendmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "append to the channel"
    process_id: str
    channel: str
    sequence: Int64
    in_reply_to: Int64 = 0
    payload: bytes | None = None
    entry_type: str = ""


class ReadChannel(Request, tag="channelreadmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "read the channel"
    process_id: str
    channel: str
    after_index: int
    limit: int


class AddLog(Request, tag="addlogmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "log the line"
    process_id: str
    message: str


class GetLogs(Request, tag="getlogsmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell the log"
    colony: str
    process_id: str
    executor_name: str = ""
    count: int
    since_ns: int = 0
    latest: bool = False


class GetStatistics(Request, tag="getcolonystatsmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "count the processes"
    colony: str


class GetPauseStatus(Request, tag="getpausestatusmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell whether assignments are paused"
    colony: str


class PauseAssignments(Request, tag="pauseassignmentsmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "pause assignments"
    colony: str


class ResumeAssignments(Request, tag="resumeassignmentsmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "resume assignments"
    colony: str


class GetVersion(Request, tag="versionmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell its version"


class GetServerInfo(Request, tag="getserverinfomsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "tell about itself"


class AddAttribute(Request, tag="addattributemsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "set the attribute"
    attribute: AttributeShape


class SubscribeProcess(Request, tag="subscribeprocessmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "subscribe to the process"
    colony: str
    process_id: str
    executor_type: str = ""
    state: int
    time_limit: int


class SubscribeChannel(Request, tag="subscribechannelmsg", frozen=True, kw_only=True):
    doing: ClassVar[str] = "subscribe to the channel"
    process_id: str
    channel: str
    after_index: int
    time_limit: int


class SubscribeProcesses(Request, tag="subscribeprocessesmsg", frozen=True, kw_only=True):
    """Read by the embedded colony, to refuse it; never to be sent (PROTOCOL.md, "Subscriptions", 1)."""

    doing: ClassVar[str] = "subscribe to processes"
    colony: str
    executor_type: str = ""
    state: int
    time_limit: int


REQUESTS: dict[str, type[Request]] = {
    str(kind.__struct_config__.tag): kind for kind in Request.__subclasses__() if kind.__struct_config__.tag is not None
}
"""Message type -> request."""
