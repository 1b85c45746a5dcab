"""Programs that run on the nodes of a cluster, with Python's standard library alone: see node/README.md."""
