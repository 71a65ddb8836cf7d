"""The register as everybody reads it: without login, and without anything about a person or a key."""
