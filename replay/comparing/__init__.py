"""Two answers to the same recording, held against each other: which cases differ, and why."""
