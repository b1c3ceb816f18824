#!/usr/bin/env python3
"""Runs the commands that README.md shows with their output, and compares; --write puts in what they print.

    readme.py PROGRAM [--write]

A block is ```console, `$ throng ...`, and what it prints. Output after the row of totals depends on the machine and is not shown.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"(?<=^```console\n)\$ throng (.*)\n((?:.*\n)*?)(?=```$)", re.MULTILINE)


def shown(program, arguments):
    """What a command prints, up to the row of totals."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, *arguments.split()]
        text = subprocess.run(command, check=True, cwd=folder, capture_output=True, encoding="utf-8").stdout
    lines = []
    for line in text.rstrip().splitlines():
        lines.append(line)
        if line.startswith("  total "):
            break
    return "\n".join(lines) + "\n"


def main():
    program = str(Path(sys.argv[1]).resolve())
    readme = README.read_text(encoding="utf-8")
    blocks = BLOCK.findall(readme)
    fresh = BLOCK.sub(lambda block: f"$ throng {block[1]}\n{shown(program, block[1])}", readme)
    if "--write" in sys.argv:
        README.write_text(fresh, encoding="utf-8")
    elif not blocks or fresh != readme:
        sys.exit("README.md shows what the program no longer prints: tests/readme.py PROGRAM --write")
    print(f"README.md: {len(blocks)} commands shown")


if __name__ == "__main__":
    main()
