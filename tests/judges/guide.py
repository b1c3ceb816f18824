#!/usr/bin/env python3
"""The worked example of docs/guide/score.md, as a reader runs it.

    guide.py THRONG [--write]

Runs its commands in a folder of their own, DuckDB's through the library of the same name, and compares what is printed with what the
page shows; with --write the page is made to show it.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/guide/score.md"
EXAMPLE = re.compile(r"```\n(throng generate [^\n]*)\n```.*?```sql\n(.*?)```.*?```\nduckdb < find\.sql\n(throng score [^\n]*)\n```\n\n```\n(.*?)\n```", re.DOTALL)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("throng", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    throng, page = str(args.throng.resolve()), PAGE.read_text()
    found = EXAMPLE.search(page)
    if not found:
        sys.exit(f"{PAGE} has no worked example")
    generate, sql, score, shown = found.groups()
    with tempfile.TemporaryDirectory() as home:
        run = lambda command: subprocess.run([throng, *command.split()[1:]], cwd=home, check=True, capture_output=True, text=True).stdout
        run(generate)
        # Paths in the statements are relative to where the shell is.
        program = "import duckdb, sys; duckdb.connect().execute(sys.stdin.read())"
        subprocess.run([sys.executable, "-c", program], cwd=home, input=sql, text=True, check=True)
        told = run(score).rstrip("\n")
    if told == shown:
        print(f"{PAGE.name} shows what is printed")
        return 0
    if args.write:
        PAGE.write_text(page[: found.start(4)] + told + page[found.end(4) :])
        return 0
    print(f"{PAGE.name} shows something else than is printed:\n{told}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
