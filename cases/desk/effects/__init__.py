"""effects: what actions do to a case beyond leading it to its next state: deadlines, tasks, counters, who has it."""
