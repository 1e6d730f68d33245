"""Starting a process: choose a registered function, fill in what it takes, submit.

Owns the form's widgets. What a text means is ``function_form``'s; submitting is the session's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from colony_tui.model import Function, FunctionSpec
from colony_tui.text import safe_label
from colony_tui.tui import function_form as form
from colony_tui.tui.pieces import Line, Piece, cut, label, wrap
from colony_tui.tui.widgets.drawn import Drawn

_LABEL_CELLS = 16
OTHER = "another function"
"""The last choice: a function that nobody registered, by its name."""

FunctionKey = tuple[str, str]
"""Name of a function and executor type: one choice, however many executors registered it."""


class FieldName(Drawn):
    """The name before a field."""

    GROUND: ClassVar[str] = "bar"

    def __init__(self, name: str, is_required: bool) -> None:
        super().__init__()
        self._words, self._is_required = name, is_required

    def lines(self, width: int) -> Sequence[Line]:
        star = [Piece(" *", "accent", True)] if self._is_required else []
        return [[*cut([label(self._words, "dim")], width - 3), *star]]


class Sentence(Drawn):
    """A sentence below or above: what a function does, what is wrong."""

    GROUND: ClassVar[str] = "bar"

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._line: Line = ()

    def say(self, line: Line) -> None:
        """Takes another sentence."""
        self._line = line
        self.redraw()

    def lines(self, width: int) -> Sequence[Line]:
        lines, height = wrap(self._line, width), max(1, self.size.height)
        if len(lines) <= height:
            return lines
        last = "".join(piece.text for piece in lines[height - 1])
        ink = lines[height - 1][0].ink if lines[height - 1] else "text"
        return [*lines[: height - 1], [Piece(form.whole_words(f"{last} …", width), ink)]]


class HintedInput(Input):
    """A line to type in; while it is empty, as much is said in it as fits."""

    def __init__(self, words: form.FieldWords, value: str) -> None:
        super().__init__(value, compact=True, select_on_focus=False)
        self._words = words
        self._offered = value
        self.cursor_blink = False

    def on_focus(self) -> None:
        # Whoever types the channel that he read of takes the place of what is offered; End keeps it.
        self.select_on_focus = bool(self._offered) and self.value == self._offered

    def on_resize(self) -> None:
        self.placeholder = self._words.hint(self.content_size.width)


class Field(Horizontal):
    """A name and a line to type in."""

    def __init__(self, words: form.FieldWords, value: str = "", is_required: bool = False) -> None:
        super().__init__()
        self.words = words
        self._input = HintedInput(words, value)
        self._is_required = is_required

    def compose(self) -> ComposeResult:
        yield FieldName(self.field_name, self._is_required)
        yield self._input

    @property
    def field_name(self) -> str:
        return self.words.name

    @property
    def value(self) -> str:
        return self._input.value

    def focus_input(self) -> None:
        """Goes into the field."""
        self._input.focus()


class FunctionList(OptionList):
    """The functions to choose from, with the keys of every list here."""

    BINDINGS: ClassVar = [
        Binding("j", "cursor_down", show=False),
        Binding("k", "cursor_up", show=False),
        Binding("g", "first", show=False),
        Binding("G", "last", show=False),
    ]


class NewProcessScreen(ModalScreen[FunctionSpec | None]):
    """Functions at the left, the form of the chosen one at the right; gives the specification, or ``None``.

    Args:
        functions: As registered.
        channels_of: What a new process of a function begins with.
    """

    BINDINGS: ClassVar = [
        Binding("escape", "leave", show=False, priority=True),
        Binding("ctrl+s", "submit", show=False, priority=True),
        Binding("ctrl+c", "app.interrupt", show=False, priority=True),
    ]

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (72, "-wide")]  # noqa: RUF012  # as Textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  # as Textual declares it

    def __init__(self, functions: Sequence[Function], channels_of: Callable[[Function], Sequence[str]]) -> None:
        super().__init__()
        self._channels_of = channels_of
        self._functions: dict[FunctionKey, Function] = {}
        self._chosen: FunctionKey | None = None
        self._error: form.FormError | None = None
        self.take_functions(functions)

    def compose(self) -> ComposeResult:
        with Vertical(id="new-process"):
            yield Sentence("new-process-head")
            with Horizontal():
                yield FunctionList(id="functions")
                with Vertical():
                    yield Sentence("function-words")
                    yield VerticalScroll(id="fields", can_focus=False)
            yield Sentence("form-note")
            yield Sentence("form-keys")

    def on_mount(self) -> None:
        self.query_one("#new-process-head", Sentence).say([Piece("Start a process", "accent", True)])
        self._fill_options()
        self.query_one(OptionList).focus()

    def on_descendant_focus(self) -> None:
        is_choosing = isinstance(self.focused, OptionList)
        keys = (("Enter", "choose"), ("^S", "start")) if is_choosing else (("Enter", "start"), ("Tab", "next"))
        self._say_keys((*keys, ("Esc", "close")))
        if self._error is not None and self._field is not None and self._field.field_name != self._error.field_name:
            self._error = None
        self._show_note()

    @property
    def _field(self) -> Field | None:
        """The one that one is in."""
        return next((field for field in self.query(Field) if field.has_focus_within), None)

    def _show_note(self) -> None:
        """What is wrong, else what the field is for that one is in."""
        note: Line = ()
        field = self._field
        if self._error is not None:
            note = [label(str(self._error), "warn")]
        elif field is not None:
            help = f": {field.words.help}" if field.words.help else ""
            note = [label(field.field_name, "text"), label(help, "dim")]
        self.query_one("#form-note", Sentence).say(note)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._error is not None and event.input.has_focus:
            self._error = None
            self._show_note()

    def _say_keys(self, keys: Sequence[tuple[str, str]]) -> None:
        pieces = [piece for key, words in keys for piece in (Piece(key, "accent", True), Piece(f" {words}   ", "dim"))]
        self.query_one("#form-keys", Sentence).say(pieces)

    def take_functions(self, functions: Sequence[Function]) -> None:
        """Takes the functions as they are registered now; what is typed stays."""
        known = {(function.name, function.executor_type): function for function in functions}
        if known == self._functions:
            return
        self._functions = dict(sorted(known.items()))
        if self.is_mounted:
            self._fill_options()

    def _fill_options(self) -> None:
        options = self.query_one(OptionList)
        before = options.highlighted
        options.clear_options()
        for function in self._functions.values():
            name = Content.assemble(
                (safe_label(function.name, 24), "bold"), "  ", (safe_label(function.executor_type, 16), "$dim")
            )
            options.add_option(Option(name))
        options.add_option(Option(Content.styled(OTHER, "$dim")))
        options.highlighted = min(before or 0, len(self._functions))

    # The form

    @on(OptionList.OptionHighlighted)
    async def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        keys = list(self._functions)
        key = keys[event.option_index] if event.option_index < len(keys) else None
        fields = self.query_one("#fields")
        if key == self._chosen and fields.children:
            return
        self._chosen = key
        function = self._functions.get(key) if key is not None else None
        self.query_one("#function-words", Sentence).say(_words(function))
        self._error = None
        self._show_note()
        await fields.remove_children()
        await fields.mount_all(self._fields(function))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        first = next(iter(self.query(Field)), None)
        if first is not None:
            first.focus_input()

    def _fields(self, function: Function | None) -> list[Field]:
        if function is None:
            fields = [Field(words, is_required=True) for words in form.NAMED_FUNCTION]
        else:
            fields = [Field(form.words_of(arg), is_required=arg.is_required) for arg in function.args]
        channels = form.channel_text(self._channels_of(function)) if function is not None else ""
        return [*fields, *(Field(words, channels if words.name == form.CHANNELS else "") for words in form.OWN_FIELDS)]

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_submit()

    def action_submit(self) -> None:
        """Gives the specification, or says what is wrong and goes there."""
        function = self._functions.get(self._chosen) if self._chosen is not None else None
        fields = list(self.query(Field))
        try:
            spec = form.spec_of(_form_of(fields, function), function)
        except form.FormError as error:
            self._error = error
            self._show_note()
            wrong = next((field for field in fields if field.field_name == error.field_name), None)
            if wrong is not None:
                wrong.focus_input()
            return
        self.dismiss(spec)

    def action_leave(self) -> None:
        self.dismiss(None)


def _form_of(fields: Sequence[Field], function: Function | None) -> form.Form:
    """What was typed. A function's own arguments stand first, so that names like ours confuse nothing."""
    count = len(function.args) if function is not None else 2
    named = {field.field_name: field.value for field in fields[:count]}
    own = {field.field_name: field.value for field in fields[count:]}
    return form.Form(
        function=function.name if function is not None else named.get(form.FUNCTION, ""),
        executor_type=function.executor_type if function is not None else named.get(form.TYPE, ""),
        channels=own.get(form.CHANNELS, ""),
        args=own.get(form.ARGS, ""),
        named=named if function is not None else {},
        exec_time=own.get(form.EXEC_TIME, ""),
        wait_time=own.get(form.WAIT_TIME, ""),
        retries=own.get(form.RETRIES, ""),
    )


def _words(function: Function | None) -> Line:
    if function is None:
        return [Piece("A function that no executor has registered: it waits until one takes it.", "dim")]
    return [label(function.description or "No description", "text" if function.description else "faint")]
