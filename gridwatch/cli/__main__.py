"""`python -m gridwatch.cli`: the same as `gridwatch`, where the command itself is not installed."""

from gridwatch.cli import main

main()
