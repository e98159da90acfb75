"""runtime: the composed configuration, and the two ways to run what it says. The only place here that wires rooms
together."""
