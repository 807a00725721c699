"""The secrets that Clarion generates and keeps: files (0600) in the folder `data_dir`/secrets (0700)."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hub.errors import StartError
from persistence.embedded_folder import make_folder

_DEMO = "demo.json"
_WHY = (
    "`clarion up` starts simulated screens, and on later runs they must be let in again: so the generated "
    "password of the operator is kept here, readable by its owner only. Set another one with "
    "`clarion user set-password` and delete this file, and nothing of it is kept any more."
)


@dataclass(frozen=True, slots=True)
class DemoCredentials:
    """What the simulated screens of `clarion up` need to sign in and be approved."""

    tenant_id: str
    operator_email: str
    operator_password: str = field(repr=False)
    enrolment_key: str | None = field(default=None, repr=False)

    def environment(self) -> dict[str, str]:
        """What `python -m loadtest simulate` reads to be let in."""
        return {
            "CLARION_SIMULATE_TENANT_ID": self.tenant_id,
            "CLARION_SIMULATE_EMAIL": self.operator_email,
            "CLARION_SIMULATE_PASSWORD": self.operator_password,
            **({"CLARION_ENROLMENT_KEY": self.enrolment_key} if self.enrolment_key else {}),
        }


def kept_secret(data_dir: Path, name: str) -> str:
    """The secret of this name, 48 random bytes as URL-safe text; generated when first asked for.

    Two processes that ask at once get the same one. Raises StartError when it cannot be read or kept.
    """
    path = data_dir / "secrets" / name
    try:
        _make_secrets_folder(path.parent)
        if not path.exists():
            with suppress(FileExistsError):
                _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise StartError(
            f"{path} cannot be read or kept ({error.strerror}): check CLARION_DATA_DIR."
        ) from error


def keep_demo_credentials(data_dir: Path, credentials: DemoCredentials) -> None:
    """Keep them for later runs, in place of what was kept before. Raises StartError."""
    path = data_dir / "secrets" / _DEMO
    try:
        _make_secrets_folder(path.parent)
        path.unlink(missing_ok=True)
        _write_once(path, json.dumps({"why": _WHY, **asdict(credentials)}, indent=2) + "\n")
    except OSError as error:
        raise StartError(f"{path} cannot be kept ({error.strerror}): check CLARION_DATA_DIR.") from error


def demo_credentials(data_dir: Path) -> DemoCredentials | None:
    """What an earlier run kept; None when it kept nothing. Raises StartError when it is unreadable."""
    path = data_dir / "secrets" / _DEMO
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        kept.pop("why", None)
        return DemoCredentials(**kept)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise StartError(f"{path} cannot be read ({error}): delete it to go on without.") from error


def _make_secrets_folder(folder: Path) -> None:
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _write_once(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all. Raises FileExistsError."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(unfinished, path)
    finally:
        unfinished.unlink()
