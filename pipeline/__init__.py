"""pipeline: rows in, episodes out. Pure: no clock, no I/O but the journal's files."""
