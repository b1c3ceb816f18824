"""What a law is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Law:
    """A query for the rows that break it, of which none may come.

    Each law also knows a damage, a statement that breaks it, so that the judge can be judged (`check.py --self-test`): a law that does
    not notice its own damage is no law.
    """

    name: str
    broken_by: str  # its columns are shown as examples
    damage: str
