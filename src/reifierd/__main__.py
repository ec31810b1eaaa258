"""The program's entry. `hook` is paid at every new shell, so it is answered before the command line is imported."""

from __future__ import annotations

import sys


def main() -> int:
    if len(sys.argv) == 3 and sys.argv[1] == "hook" and not sys.argv[2].startswith("-"):
        from reifierd.cli.hook import print_hook  # noqa: PLC0415 - see the docstring

        return print_hook(sys.argv[2])
    from reifierd.cli.main import run  # noqa: PLC0415 - see the docstring

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
