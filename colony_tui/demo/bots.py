"""All bots of the demo, each a real executor over the real wire."""

from __future__ import annotations

from colony_tui.demo.archivist import Archivist
from colony_tui.demo.chatbot import ChatBot
from colony_tui.demo.flaky import FlakyWorker
from colony_tui.demo.language_model import LanguageModel
from colony_tui.demo.offers import Bot
from colony_tui.demo.pace import Pace
from colony_tui.demo.worker import Worker


def all_bots(pace: Pace) -> tuple[Bot, ...]:
    """Every bot once; of the workers two, which share what comes."""
    worker = Worker(pace).offers()
    return (
        Bot("worker-1", "worker", worker),
        Bot("worker-2", "worker", worker),
        Bot("chatbot", "chatbot", ChatBot(pace).offers()),
        Bot("llm-1", "llm", LanguageModel(pace).offers()),
        Bot("archive-1", "archive", Archivist(pace).offers(), capacity=1),
        Bot("fragile-1", "fragile", FlakyWorker(pace).offers(), capacity=1),
    )
