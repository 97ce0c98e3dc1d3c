"""What is asked of a node's BIRD daemons, and how."""
