"""Fuzzing that looks where the code goes: libFuzzer keeps each input that reaches something new.

    python -m tools.reliability.fuzz.guided TARGET SECONDS FOLDER

It ends with the first input that breaks the target's law, and then with an exit code that is not
zero. What it keeps is in the folder.
"""

import argparse
import logging
import random
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["billing_exporter"]):
    from tools.reliability.fuzz.harness import one_input
    from tools.reliability.fuzz.targets import targets

_FIRST_INPUTS = 64
_LONGEST_INPUT = 8192  # bytes, of which hypothesis makes what the target reads


def main() -> None:
    """Fuzz one target for some seconds, beginning with inputs by chance."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.reliability.fuzz.guided", description=__doc__
    )
    parser.add_argument("target")
    parser.add_argument("seconds", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    chance = random.Random(1)  # noqa: S311 - no secret
    for number in range(_FIRST_INPUTS):
        first = chance.randbytes(chance.randrange(_LONGEST_INPUT))
        (arguments.folder / f"{number}").write_bytes(first)
    logging.disable(logging.CRITICAL)  # what is wrong with the inputs is their purpose
    limits = (f"-max_total_time={arguments.seconds}", f"-max_len={_LONGEST_INPUT}")
    flags = (*limits, "-len_control=0", f"-artifact_prefix={arguments.folder}/")
    with targets() as every:
        (target,) = (each for each in every if each.name == arguments.target)
        atheris.Setup([sys.argv[0], *flags, str(arguments.folder)], one_input(target))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
