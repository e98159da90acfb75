"""platforms: cameras of other people's platforms, whose streams are asked for when they are wanted."""
