"""registers: what people keep in tables, in the store: import, export, history, and the look-ups of the desk."""
