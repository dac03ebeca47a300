"""Connexion's quickstart: the description comes first, the code after it."""

from pathlib import Path

from connexion import FlaskApp

app = FlaskApp(__name__, specification_dir=Path(__file__).parent)


def greet(name):
    return {"greeting": f"Hello {name}"}


app.add_api("greeting.yaml")
