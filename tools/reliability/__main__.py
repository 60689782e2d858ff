"""Run one of the long proofs and print its figures as Markdown; from the repository's root."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from tools.reliability import figures
from tools.reliability.fault_matrix_process import inject_all
from tools.reliability.fuzz.guidance import guided_all
from tools.reliability.fuzz.targets import fuzz_all
from tools.reliability.matrix import FAULTS
from tools.reliability.restarts import killed_again_and_again
from tools.reliability.soak import Plan, soak


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _fuzz(arguments: argparse.Namespace) -> list[str]:
    found, total = [], 0
    _say("| read | law | inputs | seconds | broken |\n|---|---|---|---|---|")
    for run in fuzz_all(arguments.inputs, arguments.seed):
        name, law = run.target.name, run.target.holds
        _say(
            f"| {name} | {law} | {run.inputs} | {run.seconds:.0f} | {int(run.found is not None)} |"
        )
        total += run.inputs
        found += [run.found] if run.found else []
    _say(f"\n{total} inputs, seed {arguments.seed}")
    return found


def _guided(arguments: argparse.Namespace) -> list[str]:
    found = []
    _say("| read | inputs | places reached by chance | places reached |\n|---|---|---|---|")
    for run in guided_all(arguments.seconds):
        _say(f"| {run.name} | {run.inputs} | {run.first} | {run.reached} |")
        found += [run.found] if run.found else []
    return found


def _kill(arguments: argparse.Namespace) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        flags = ("--kills", str(arguments.kills), "--seed", str(arguments.seed))
        command = (sys.executable, "-m", "tools.reliability.crash_consistency", folder, *flags)
        saving = subprocess.run(command, capture_output=True, text=True, check=False)
    if saving.returncode:
        return [saving.stderr]
    _say(f"saves: {json.loads(saving.stdout)}")
    restarts = killed_again_and_again(arguments.restarts, arguments.seed)
    _say(
        f"restarts: {restarts.kills} kills, {restarts.restored} readings shown again, "
        f"{restarts.behind} of them one behind"
    )
    return restarts.faults


def _soak(arguments: argparse.Namespace) -> list[str]:
    outcome = soak(Plan(seconds=60 * arguments.minutes, seed=arguments.seed), _say)
    _say(figures.reported(outcome))
    return figures.failures(outcome)


def _faults(arguments: argparse.Namespace) -> list[str]:
    return inject_all(_say, arguments.lanes, arguments.fault)


def main() -> int:
    """Run what the command line asks for; 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tools.reliability", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def add(
        name: str, run: Callable[[argparse.Namespace], list[str]], text: str
    ) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    fuzz = add("fuzz", _fuzz, "Throw inputs at everything that reads.")
    fuzz.add_argument("--inputs", type=int, default=100_000)
    add("guided", _guided, "Fuzz towards code that no input reached; needs atheris.").add_argument(
        "--seconds", type=int, default=60, help="for each of what reads"
    )
    kill = add("kill", _kill, "Kill saves and exporters at every step and at random.")
    kill.add_argument("--kills", type=int, default=200)
    kill.add_argument("--restarts", type=int, default=50)
    chaos = add("soak", _soak, "Disturb an exporter under a real Prometheus.")
    chaos.add_argument("--minutes", type=float, default=30)
    for by_chance in (fuzz, kill, chaos):
        by_chance.add_argument("--seed", type=int, default=1)
    matrix = add("faults", _faults, "Every fault with every operation, on a real process.")
    matrix.add_argument("--lanes", type=int, default=3, help="exporters that share the faults")
    names = sorted({fault.name for fault in FAULTS})
    matrix.add_argument(
        "--fault", nargs="+", default=(), choices=names, metavar="NAME", help="some, not all"
    )
    arguments = parser.parse_args()
    began = time.monotonic()
    found = arguments.run(arguments)
    _say(f"\n{time.monotonic() - began:.0f} s, {len(found)} found")
    for each in found:
        _say(f"FOUND {each}")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
