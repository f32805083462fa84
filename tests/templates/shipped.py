"""The packs that come with corpusforge."""

from pathlib import Path

PACKS = Path(__file__).parents[2] / "templates"
SHIPPED = [
    ("smart_home", "en"),
    ("smart_home", "de"),
    ("banking", "en"),
    ("banking", "de"),
    ("banking", "es"),
    ("out_of_scope", "en"),
    ("media", "en"),
    ("media", "de"),
    ("timers_lists", "en"),
    ("weather", "en"),
    ("weather", "es"),
    ("timers_lists", "de"),
    ("weather", "de"),
    ("timers_lists", "fr"),
    ("weather", "fr"),
    ("timers_lists", "es"),
]
