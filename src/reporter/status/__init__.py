"""From a snapshot of BIRD to a status and its patch: pure, and used by the agent and by ``once``."""
