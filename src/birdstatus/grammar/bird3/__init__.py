"""Lines that only BIRD 3 prints."""
