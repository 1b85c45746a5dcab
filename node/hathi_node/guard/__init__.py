"""The guard: a service on every node that stops PostgreSQL if Patroni no longer confirms its lease."""
