"""Feeds one target until its time is over: `python -m tests.fuzz.one MODULE [libFuzzer's options]`.

What our own code does with an input steers what is tried next.
"""

import sys

import atheris

from tests.fuzz.target import target_in


def main() -> None:
    """Fuzz the target in the module named; never returns."""
    program, module, *options = sys.argv
    with atheris.instrument_imports(include=["outscope", "services"]):
        target = target_in(module)
    atheris.Setup([program, f"-max_len={target.max_bytes}", *options], target.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
