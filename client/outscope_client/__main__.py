"""Runs the command line: python -m outscope_client, or outscope where it is installed."""

import sys


def run() -> None:
    """Run the command line; say what to install where that is missing."""
    try:
        from outscope_client.cli.app import run as run_app  # noqa: PLC0415 - an extra of its own
    except ModuleNotFoundError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.stderr.write("outscope: install the command line: pip install 'outscope-client[cli]'\n")
        sys.exit(3)
    run_app()


if __name__ == "__main__":
    run()
