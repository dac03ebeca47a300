"""Lets the new project answer for any name, as its settings tell to."""

from pathlib import Path

settings = Path("shop/settings.py")
settings.write_text(settings.read_text("utf-8").replace("HOSTS = []", 'HOSTS = ["*"]'), "utf-8")
