"""Appends what the quickstart changes to the settings of the new project."""

from pathlib import Path

with Path("shop/settings.py").open("a", encoding="utf-8") as settings:
    settings.write(Path("settings_more.py").read_text("utf-8"))
