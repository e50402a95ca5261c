"""Reading the environment: typed values, and one plain line for everything that is missing or wrong.

In production (DEMO=0) nothing that matters has a default; with DEMO=1 the embedded defaults stand in.
Problems are gathered, so that a first start names all of them at once instead of one after the other.
"""

import os
import secrets
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def read_env_file(base_dir: Path) -> None:
    """Add what `.env` (or the file that ENV_FILE names) sets; the real environment wins.

    ENV_FILE set to nothing reads no file, so that a test run never meets a developer's own `.env`.
    """
    name = os.environ.get("ENV_FILE", ".env")
    path = base_dir / name
    if name and path.is_file():
        environ.Env.read_env(path, overwrite=False)


class Environment:
    """The values of one environment, and the problems met while reading them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values
        self.problems: list[str] = []
        self.demo = self.flag("DEMO", default=False)

    def text(self, name: str, default: str | None = None, *, demo: str | None = None) -> str:
        """The value of `name`, or of the file that `<name>_FILE` names (Docker and systemd secrets).

        Without a value: `demo` when DEMO=1, else `default`; where there is neither, it is a problem.
        """
        value = self.values.get(name, "").strip() or self._from_file(name)
        if value:
            return value
        if self.demo and demo is not None:
            return demo
        if default is not None:
            return default
        self.problems.append(f"{name} is not set")
        return ""

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or a no."""
        value = self.values.get(name, "1" if default else "0").strip().lower()
        if value not in TRUE | FALSE:
            self.problems.append(f"{name} must be 1 or 0")
        return value in TRUE

    def number(self, name: str, default: int, *, least: int = 1) -> int:
        """A whole number, not below `least`."""
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or int(value) < least:
            self.problems.append(f"{name} must be a whole number, {least} or more")
            return default
        return int(value)

    def words(self, name: str, default: str) -> list[str]:
        """A list, comma-separated."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def networks(self, name: str, default: str) -> list[str]:
        """Addresses and networks, comma-separated; '*' stands for all."""
        found = self.words(name, default)
        for word in found:
            try:
                if word != "*":
                    ip_network(word, strict=False)
            except ValueError:
                self.problems.append(f"{name} must be addresses or networks, such as 10.0.0.0/8")
                return []
        return found

    def choice(self, name: str, default: str, choices: list[str]) -> str:
        """One of `choices`."""
        value = self.text(name, default)
        if value not in choices:
            self.problems.append(f"{name} must be one of: {', '.join(choices)}")
            return default
        return value

    def time_zone(self, name: str, default: str) -> str:
        """A zone of the IANA database."""
        value = self.text(name, default)
        try:
            ZoneInfo(value)
        except (LookupError, ValueError, OSError):
            self.problems.append(f"{name} is no known time zone")
            return default
        return value

    def web_address(self, name: str, *, demo: str) -> str:
        """An address with a scheme and a host, without the trailing slash."""
        value = self.text(name, demo=demo).rstrip("/")
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path):
            self.problems.append(f"{name} must look like https://pay.example.com")
            return demo
        return value

    def service_address(self, name: str, default: str) -> str:
        """Where somebody else's service answers: a scheme, a host, perhaps a path; or nowhere."""
        value = self.text(name, default).rstrip("/")
        if not value:
            return ""
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            self.problems.append(f"{name} must look like https://service.example.com/path")
            return default
        return value

    def database(self, name: str, *, demo: str) -> dict[str, Any]:
        """Django's DATABASES entry for a database URL (postgres:// or sqlite:///)."""
        value = self.text(name, demo=demo) or demo
        if urlsplit(value).scheme not in {"postgres", "postgresql", "sqlite"}:
            self.problems.append(f"{name} must be a postgres:// or sqlite:/// address")
            value = demo
        return dict(environ.Env.db_url_config(value))

    def mail(self, name: str) -> dict[str, Any]:
        """Django's EMAIL_* settings for a mail URL (smtp://, smtp+tls://, smtp+ssl://).

        `eml://`, the demo's default, keeps each letter as a file instead of sending it.
        """
        value = self.text(name, demo="eml://")
        scheme = urlsplit(value).scheme
        if not value or scheme == "eml":
            return {"EMAIL_BACKEND": "config.mail.EmlBackend"}
        if scheme not in environ.Env.EMAIL_SCHEMES:
            self.problems.append(
                f"{name} must be an smtp://, smtp+tls://, smtp+ssl:// or eml:// address"
            )
            return {}
        return dict(environ.Env.email_url_config(value))

    def refuse_problems(self) -> None:
        """Stop with one line, and no traceback, when anything was missing or wrong."""
        if self.problems:
            hint = "" if self.demo else " (see .env.example; DEMO=1 is for trying things out)"
            raise SystemExit(f"Signoff cannot start: {'; '.join(self.problems)}{hint}")

    def _from_file(self, name: str) -> str:
        path = self.values.get(f"{name}_FILE", "").strip()
        if not path:
            return ""
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError:
            self.problems.append(f"{name}_FILE cannot be read")
            return ""


def made_up_key(path: Path) -> str:
    """A random key kept in a file that only its owner reads; made at the first call.

    Two processes may start together: the file appears whole or not at all, and the first one wins.
    """
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").strip()
