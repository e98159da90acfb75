"""replay: what happened, once more; and what never happened, made for tests and the demo (`replay.simulator`)."""
