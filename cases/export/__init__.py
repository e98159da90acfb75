"""Export: one case as one file that stands alone and says of each of its parts what it is and that it is unchanged."""
