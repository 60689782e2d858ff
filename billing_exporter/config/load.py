"""Reads the settings from a file or from the environment, or says everything that is wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import inspect

from billing_exporter.config import cross_checks, plan_checks, yamltree
from billing_exporter.config.env_expansion import expand
from billing_exporter.config.errors import ConfigError, Problem
from billing_exporter.config.settings import Organization, Settings
from billing_exporter.config.validation import Checker, build

LARGEST_FILE = 1024 * 1024
"""Bytes that a configuration file may have."""

VARIABLES = {
    "region": "GENESYSCLOUD_REGION",
    "client_id": "GENESYSCLOUD_OAUTHCLIENT_ID",
    "client_secret": "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "client_secret_file": "GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE",
    "name": "GENESYSCLOUD_ORGANIZATION",
    "api_url": "GENESYSCLOUD_API_URL",
    "login_url": "GENESYSCLOUD_LOGIN_URL",
}
"""The environment variable of each setting that one organization needs."""

DEFAULT_NAME = "default"
"""The label `organization` where the environment gives none."""


class _Mistakes:
    """Gathers the errors of one source, under the names that this source has for settings."""

    def __init__(self, file: str, words: Mapping[str, str]) -> None:
        self._file = file
        self._words = words
        self._found: list[Problem] = []

    def report(self, line: int, setting: str, message: str) -> None:
        problem = Problem(file=self._file, line=line, setting=self.word(setting), message=message)
        self._found.append(problem)

    def word(self, setting: str) -> str:
        return self._words.get(setting, setting)

    def refuse(self) -> None:
        if self._found:
            raise ConfigError(self._found)


def load(path: str | Path, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a YAML file.

    Raises:
        ConfigError: With every error found.
    """
    return parse(read_text(path), str(path), environ)


def parse(text: str, file: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings of a YAML text with each `${NAME}` taken from `environ`.

    Files with secrets, looked for from the folder of `file`, are read once to see that they can
    be. `file` itself is only named in messages.

    Raises:
        ConfigError: With every error found.
    """
    problems = _Mistakes(file, {})
    root = yamltree.parse(text, problems.report)
    value: Any = None
    if root is not None:
        checker = Checker(problems.report, lambda text: expand(text, environ))
        value = checker.check(root, inspect.type_info(Settings))
        cross_checks.check_organizations(root, value, Path(file).parent, problems)
        plan_checks.check_plan(root, value, problems)
    problems.refuse()
    return build(Settings, value, _from_text)


def from_environment(environ: Mapping[str, str]) -> Settings:
    """Return the settings of one organization from the `VARIABLES` alone; empty ones are unset.

    Raises:
        ConfigError: With every error found, each naming its variable.
    """
    problems = _Mistakes("environment", VARIABLES)
    given = {key: environ[name] for key, name in VARIABLES.items() if environ.get(name)}
    given.setdefault("name", DEFAULT_NAME)
    scalars: dict[str, yamltree.Node] = {
        key: yamltree.Scalar(0, "text", text) for key, text in given.items()
    }
    root = yamltree.Mapping(0, dict.fromkeys(given, 0), scalars)
    value = Checker(problems.report, str).check(root, inspect.type_info(Organization))
    cross_checks.check_organization(root, value, Path(), problems)
    problems.refuse()
    return Settings(organizations=(build(Organization, value, _from_text),))


def read_text(path: str | Path) -> str:
    """Return the text of a configuration file.

    Raises:
        ConfigError: It cannot be read, is too large or not text.
    """
    try:
        return _read(Path(path))
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError:
        message = "not UTF-8 text"
    except ValueError:
        message = "cannot be read: a file's name cannot hold a NUL character"
    raise ConfigError([Problem(file=str(path), message=message)])


def _read(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise OSError("larger than a configuration may be, 1 MiB")
    return content.decode("utf-8-sig")


def _from_text(kind: type, text: str) -> Any:
    return kind(text)
