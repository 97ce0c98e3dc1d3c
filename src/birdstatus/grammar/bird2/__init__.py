"""What BIRD 2 prints, and BIRD 3 where only words differ: one daemon, both families, a channel for each."""
