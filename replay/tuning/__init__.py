"""A rule's parameters tried on a recording with labels: all points in one pass, and which of them are worth having."""
