"""What BIRD 1.6 prints."""
