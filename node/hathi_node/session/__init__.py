"""The program that the server runs on a node over one SSH connection."""
