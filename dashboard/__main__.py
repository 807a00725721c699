"""`python -m dashboard`: read the settings, open the port, serve until told to stop."""

from __future__ import annotations

import os
import sys

from dashboard.secret import kept_secret
from dashboard.settings import DashboardSettings, SettingsError


def main() -> int:
    """Exit code 0 when told to stop, 2 for a setting that cannot be used, 1 for a port that is taken."""
    # Tokens of signed-in operators are kept in this process's files: nobody else may read them.
    os.umask(0o077)
    try:
        settings = DashboardSettings.from_environment(os.environ)
        secret = settings.secret or kept_secret(settings.data_dir)
    except SettingsError as error:
        print(f"dashboard: {error}", file=sys.stderr)  # noqa: T201 -- the terminal is the interface here
        return 2
    except OSError as error:
        print(f"dashboard: CLARION_DATA_DIR cannot be used: {error}", file=sys.stderr)  # noqa: T201
        return 2
    from dashboard.serve import PortTaken, serve  # NiceGUI reads the environment when it is imported

    try:
        serve(settings, secret)
    except SettingsError as error:
        print(f"dashboard: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except PortTaken as error:
        print(f"dashboard: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
