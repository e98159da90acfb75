"""outbox: what happens to cases, told to other systems at least once and in order; and what they answer."""
