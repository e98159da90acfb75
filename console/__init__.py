"""console: the web API of a city: what people, phones and other systems say to it and read from it."""
