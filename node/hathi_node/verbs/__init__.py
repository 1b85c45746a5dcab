"""One module for each verb. Its `run(node)` returns the result as a dictionary for JSON."""
