"""intake: how what people tell becomes a report: by hand, with a photo, as a hotline's order."""
