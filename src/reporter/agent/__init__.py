"""The agent: when to look at BIRD, what to write, and what it shows of itself."""
