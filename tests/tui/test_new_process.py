"""The form of a new process on the screen: what is said in and below its fields, at every width."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input, OptionList

from colony_tui.model import Function, FunctionArg, FunctionSpec
from colony_tui.tui.channel_offer import offered
from colony_tui.tui.screens.new_process import Field, HintedInput, NewProcessScreen
from colony_tui.tui.themed_app import ThemedApp
from tests.tui.screen import screen_text, type_at_once, until

EXPLAIN = Function(
    name="explain",
    executor_name="llm-1",
    executor_type="llm",
    description="Answers every question in Markdown until you say bye, then says how many there were (channel 'chat')",
    args=(
        FunctionArg("rate", "float", "tokens a second, 60 if not given; the slower the easier to read along"),
        FunctionArg("speed", "string", "", choices=("very slow", "slow", "as fast as it goes")),
        FunctionArg("maximum_tokens", "int", "how many"),
        FunctionArg("note"),
    ),
)
ALIKE = Function(name="sing", executor_name="llm-1", executor_type="llm")


class FormApp(ThemedApp[None]):
    given: FunctionSpec | None = None

    def compose(self) -> ComposeResult:
        yield Widget()

    def on_mount(self) -> None:
        self.push_screen(NewProcessScreen([EXPLAIN, ALIKE], self.channels_of), self.take)

    def channels_of(self, function: Function) -> Sequence[str]:
        return offered(function, ())

    def take(self, spec: FunctionSpec | None) -> None:
        self.given = spec

    @property
    def fields(self) -> dict[str, Field]:
        return {field.field_name: field for field in self.screen.query(Field)}

    def input_of(self, name: str) -> HintedInput:
        return self.fields[name].query_one(HintedInput)


@pytest.fixture
def app() -> FormApp:
    return FormApp()


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 20)])
async def test_no_hint_is_cut_within_a_word(app: FormApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "may run" in app.fields and app.input_of("may run").placeholder)
        for name, field in app.fields.items():
            hint, room = app.input_of(name).placeholder, app.input_of(name).content_size.width
            assert len(hint) <= room and (hint in field.words.hints or not hint or hint.endswith(" …")), name
        whole = [name for name in app.fields if app.input_of(name).placeholder in app.fields[name].words.hints]
        assert len(whole) >= len(app.fields) - (2 if size[0] == 40 else 1)
        await pilot.press("G")
        await until(pilot, lambda: "executor type *" in screen_text(app))


@pytest.mark.parametrize("size", [(160, 45), (80, 24), (40, 20)])
async def test_below_the_fields_stands_what_the_one_is_for_that_one_is_in(app: FormApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "may run" in app.fields)
        for name in ("rate", "channels", "may run", "retries"):
            app.fields[name].focus_input()
            said = f"{name}: {app.fields[name].words.help}"
            await until(pilot, lambda said=said: said in " ".join(screen_text(app).split()))  # type: ignore[misc]


async def test_what_is_wrong_stands_there_until_it_is_mended(app: FormApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "rate" in app.fields)
        app.fields["rate"].focus_input()
        await pilot.press(*"soon", "tab", "enter")
        await until(pilot, lambda: "rate is a number" in screen_text(app) and app.input_of("rate").has_focus)
        await pilot.press("backspace")
        await until(pilot, lambda: "rate: tokens a second" in screen_text(app))


async def test_channels_that_the_description_names_are_filled_in_and_can_be_edited(app: FormApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "channels" in app.fields and app.input_of("channels").value == "chat")
        app.fields["channels"].focus_input()
        await pilot.press("end", *", log")
        assert app.input_of("channels").value == "chat, log"
        app.fields["rate"].focus_input()
        app.fields["channels"].focus_input()
        await pilot.press(*", b", "enter")
        await until(pilot, lambda: app.given is not None)
        assert app.given is not None and app.given.channels == ("chat", "log", "b")


async def test_what_is_typed_takes_the_place_of_the_channels_that_are_offered(app: FormApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "channels" in app.fields and app.input_of("channels").value == "chat")
        app.fields["channels"].focus_input()
        await pilot.press(*"chat", "enter")
        await until(pilot, lambda: app.given is not None)
        assert app.given is not None and app.given.channels == ("chat",)


async def test_where_no_channel_is_known_it_says_what_there_is_without_one(app: FormApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "rate" in app.fields)
        await pilot.press("j")
        await until(pilot, lambda: "rate" not in app.fields and "channels" in app.fields)
        assert app.screen.query_one("Field Input", Input).value == ""
        await until(pilot, lambda: "none: only logs and output" in screen_text(app))


async def test_a_description_that_is_too_long_ends_with_a_whole_word(app: FormApp) -> None:
    async with app.run_test(size=(40, 20)) as pilot:
        await until(pilot, lambda: "Answers every question in Markdown" in screen_text(app))
        lines = [line.strip() for line in screen_text(app).splitlines()]
        assert "until you say bye, then says how …" in lines


async def test_each_letter_goes_into_the_field_that_it_was_typed_in(app: FormApp) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await until(pilot, lambda: isinstance(app.focused, OptionList))
        type_at_once(app, "\r1.5\tslow\t\tabc\td\r")
        await until(pilot, lambda: app.given is not None)
        assert app.given is not None and app.given.channels == ("d",)
        assert app.given.kwargs == {"rate": 1.5, "speed": "slow", "note": "abc"}
