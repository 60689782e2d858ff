"""The command ``billing-exporter``: the only reader of the command line.

Each command imports what it needs when it runs, so that ``--help`` answers at once.
"""
# ruff: noqa: PLC0415 - see above

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from billing_exporter.commands.arguments import parser

if TYPE_CHECKING:
    from billing_exporter.config import Organization, Settings
    from billing_exporter.redaction import Redactor
    from billing_exporter.web.protection import Protection

OK, FAILED = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    arguments = parser().parse_args(argv)
    try:
        return _COMMANDS[arguments.command](arguments)
    except _Failure as failure:
        print(failure, file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        # Whoever read our output has seen enough; a second complaint at exit helps nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return 128 + 2


class _Failure(Exception):  # noqa: N818 - it ends the command, it is no error of the program
    """Ends the command with status 1 and a message for the operator."""


def _serve(arguments: argparse.Namespace) -> int:
    from billing_exporter.app import Exporter, Reloader, serve, serving
    from billing_exporter.collectors import Shard
    from billing_exporter.malloc import return_memory

    return_memory()
    settings, redactor = _configured(arguments)
    protection = _protection(arguments)
    try:
        shard = Shard(arguments.shard_index, arguments.shard_count)
        exporter = Exporter(
            settings, state=arguments.state_dir, redact=redactor.redact, shard=shard
        )
        reloader = Reloader(exporter, lambda: _read_settings(arguments))
        server = serving(
            exporter,
            arguments.listen_address,
            arguments.telemetry_path,
            protection,
            protect_health=arguments.protect_health,
            reload=reloader.reload,
        )
        serve(exporter, server, reload=reloader.reload, changed=_changes(arguments))
    except (ValueError, OSError) as error:
        raise _Failure(f"billing-exporter: {error}") from None
    return OK


def _protection(arguments: argparse.Namespace) -> "Callable[[], Protection]":
    """Return what tells how the server is guarded: not at all where no file says so."""
    from pathlib import Path

    from billing_exporter.config import ConfigError
    from billing_exporter.config.web_reload import Rotation
    from billing_exporter.web.protection import Protection

    if not arguments.web_config_file:
        return Protection
    try:
        return Rotation(Path(arguments.web_config_file)).protection
    except ConfigError as error:
        raise _Failure(str(error)) from None


def _changes(arguments: argparse.Namespace) -> Callable[[], bool]:
    """Return what tells that the configuration has changed, where that is asked for."""
    from pathlib import Path

    from billing_exporter.config.file_watch import Watch

    if not arguments.auto_reload:
        return lambda: False
    if not arguments.config_file:
        raise _Failure("billing-exporter: --config.auto-reload needs --config.file")
    return Watch(Path(arguments.config_file)).changed


def _demo(arguments: argparse.Namespace) -> int:
    from billing_exporter.app import Exporter, serve, serving
    from billing_exporter.commands.demo import Guide, settings_for
    from billing_exporter.logs import configure
    from billing_exporter.redaction import Redactor
    from billing_exporter.simulator import Options, Simulator
    from billing_exporter.web.negotiation import Format

    configure(arguments.log_level, arguments.log_format, sys.stderr, Redactor())
    try:
        options = Options(
            address="127.0.0.1:0",
            seed=arguments.seed,
            trustors=arguments.trustors,
            time_scale=arguments.time_scale,
            rate_limit=arguments.rate_limit,
        )
        with Simulator(options) as simulator:
            settings = settings_for(simulator.url, time_scale=options.time_scale)
            exporter = Exporter(settings, now=simulator.now)
            server = serving(exporter, arguments.listen_address, arguments.telemetry_path)
            guide = Guide(
                simulator.url,
                arguments.telemetry_path,
                exporter.waiting_for,
                exposition=lambda: b"".join(exporter.scrape(Format.TEXT, gzip=False)).decode(),
                say=lambda line: print(line, flush=True),
            )
            serve(exporter, server, spread=0.5, started=guide.begin)
    except (ValueError, OSError) as error:
        raise _Failure(f"billing-exporter: {error}") from None
    return OK


def _simulate(arguments: argparse.Namespace) -> int:
    import signal
    import threading

    from billing_exporter.simulator import FAULTS, Options, Simulator

    if "list" in arguments.fault:
        for name, meaning in FAULTS.items():
            print(f"{name:<16} {meaning}")
        return OK
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        options = Options(
            address=arguments.listen_address,
            seed=arguments.seed,
            trustors=arguments.trustors,
            time_scale=arguments.time_scale,
            rate_limit=arguments.rate_limit,
            token_lifetime=arguments.token_lifetime,
            keys=arguments.keys,
            latency=arguments.latency,
            in_progress=arguments.in_progress,
            client_id=arguments.client_id,
            client_secret=arguments.client_secret,
            more_clients=tuple(arguments.more_clients),
            faults=tuple(arguments.fault),
        )
        with Simulator(options) as simulator:
            print(f"Simulated Genesys Cloud on {simulator.url}, API and login alike.")
            print("Point the exporter or the official SDK at it:")
            print(f"  export GENESYSCLOUD_API_URL={simulator.url}")
            print(f"  export GENESYSCLOUD_OAUTHCLIENT_ID={options.client_id}")
            print("  export GENESYSCLOUD_OAUTHCLIENT_SECRET=...", flush=True)
            ended.wait()
    except (ValueError, OSError) as error:
        raise _Failure(f"billing-exporter: {error}") from None
    return OK


def _check(arguments: argparse.Namespace) -> int:
    from billing_exporter.collectors import configured

    settings = _checked(arguments)
    for organization in settings.organizations:
        api_url, _ = organization.hosts()
        names = ", ".join(collector.name for collector, _ in configured(organization.collectors))
        print(f"{organization.name}: {api_url}, collectors {names}")
    print("the configuration has no mistake")
    return OK


def _checked(arguments: argparse.Namespace) -> "Settings":
    """Read everything, and fail with the mistakes of both files."""
    mistakes = []
    try:
        _protection(arguments)
    except _Failure as failure:
        mistakes.append(str(failure))
    try:
        settings = _settings(arguments)
    except _Failure as failure:
        mistakes.insert(0, str(failure))
    if mistakes:
        raise _Failure("\n".join(mistakes))
    return settings


def _doctor(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from billing_exporter.commands.doctor import Doctor
    from billing_exporter.genesys import ApiError, date_of
    from billing_exporter.polling.organization import connect

    settings, redactor = _configured(arguments)
    failed = False
    for organization in settings.organizations:
        api_url, _ = organization.hosts()
        print(f"{organization.name} ({api_url})", flush=True)
        api = connect(organization, redactor.redact)
        doctor = Doctor(api, organization.collectors, datetime.now(UTC))
        try:
            doctor.clock(date_of(api_url))
        except ApiError as error:
            print(f"  {'failed':<8} {error}")
            failed = True
            continue
        doctor.examine()
        api.close()
        for finding in doctor.findings:
            print(f"  {finding.outcome:<8} {finding.subject}  {finding.text}".rstrip())
        failed = failed or any(finding.outcome == "failed" for finding in doctor.findings)
    return FAILED if failed else OK


def _once(arguments: argparse.Namespace) -> int:
    from billing_exporter.app import Exporter, interruptible
    from billing_exporter.commands.progress import ProgressLine
    from billing_exporter.genesys import Interrupted
    from billing_exporter.web.negotiation import Format

    settings, redactor = _configured(arguments)
    line = ProgressLine(sys.stderr)
    exporter = Exporter(
        settings, process_metrics=False, progress=line.update, redact=redactor.redact
    )
    try:
        with interruptible(exporter):
            exporter.poll_once()
    except Interrupted:
        raise _Failure("billing-exporter: interrupted, nothing is printed") from None
    finally:
        line.clear()
    form = Format.OPENMETRICS if arguments.format == "openmetrics" else Format.TEXT
    for piece in exporter.scrape(form, gzip=False):
        sys.stdout.buffer.write(piece)
    sys.stdout.flush()
    return FAILED if exporter.failed() else OK


def _api(arguments: argparse.Namespace) -> int:
    from billing_exporter.commands.api import CallError, call, listing
    from billing_exporter.genesys import ApiError
    from billing_exporter.polling.organization import connect

    if arguments.operation == "list":
        print(listing(), end="")
        return OK
    settings, redactor = _configured(arguments)
    api = connect(_organization(settings, arguments.organization), redactor.redact)
    try:
        answer = call(api, arguments.operation, _pairs(arguments.parameters))
    except (CallError, ApiError) as error:
        raise _Failure(f"billing-exporter: {error}") from None
    finally:
        api.close()
    sys.stdout.buffer.write(answer + b"\n")
    sys.stdout.flush()
    return OK


def _health(arguments: argparse.Namespace) -> int:
    from billing_exporter.commands.health import UnwellError, look

    try:
        look(arguments.url, arguments.timeout)
    except (ValueError, UnwellError) as error:
        raise _Failure(f"billing-exporter: {error}") from None
    return OK


def _metrics(_: argparse.Namespace) -> int:
    from billing_exporter.commands.metric_docs import metric_reference

    print(metric_reference(), end="")
    return OK


def _schema(arguments: argparse.Namespace) -> int:
    import json

    from billing_exporter.config import reference, schema

    if arguments.markdown:
        print(reference(), end="")
    else:
        print(json.dumps(schema(), indent=2))
    return OK


def _settings(arguments: argparse.Namespace) -> "Settings":
    from billing_exporter.config import ConfigError

    try:
        return _read_settings(arguments)
    except ConfigError as error:
        raise _Failure(str(error)) from None


def _read_settings(arguments: argparse.Namespace) -> "Settings":
    from billing_exporter.config import from_environment, load

    if arguments.config_file:
        return load(arguments.config_file, os.environ)
    return from_environment(os.environ)


def _configured(arguments: argparse.Namespace) -> "tuple[Settings, Redactor]":
    """Read the settings and set up the log, which must know what to mask."""
    from billing_exporter.logs import configure
    from billing_exporter.redaction import Redactor

    settings = _settings(arguments)
    redactor = Redactor()
    configure(arguments.log_level, arguments.log_format, sys.stderr, redactor)
    return settings, redactor


def _organization(settings: "Settings", name: str | None) -> "Organization":
    known = {organization.name: organization for organization in settings.organizations}
    if name is None and len(known) == 1:
        return settings.organizations[0]
    if name not in known:
        raise _Failure(f"--organization is needed, one of: {', '.join(known)}")
    return known[name]


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """Read ``--name value`` and ``--name=value``."""
    pairs: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise _Failure(f"billing-exporter: expected --parameter value, got {word}")
        given = value if equals else next(rest, None)
        if given is None:
            raise _Failure(f"billing-exporter: --{name} needs a value")
        pairs[name] = given
    return pairs


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "serve": _serve,
    "demo": _demo,
    "simulate": _simulate,
    "check": _check,
    "doctor": _doctor,
    "once": _once,
    "api": _api,
    "health": _health,
    "metrics": _metrics,
    "schema": _schema,
}
