"""The Kubernetes API: its protocols, its client, its watch, and the objects in it."""
