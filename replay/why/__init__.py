"""Why there was a case, or none: the rows, what was said of them, and what the rule's hold made of it."""
