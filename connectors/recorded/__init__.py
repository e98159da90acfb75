"""recorded: what others recorded, as deliveries. One file for each form of recording; `formats` has them all."""
