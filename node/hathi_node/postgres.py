"""Sessions on PostgreSQL's own socket, and values of its configuration."""

import re

# Settings that every session of Hathi depends on, set for it because the configuration may differ.
SESSION = ' '.join(
    '-c ' + setting.replace(' ', '\\ ')
    for setting in (
        'client_encoding=UTF8',
        'default_transaction_isolation=read committed',
        'default_transaction_read_only=off',
        'idle_session_timeout=0',
        'lock_timeout=0',
        'row_security=on',
        'search_path=pg_catalog',
        'session_replication_role=origin',
        'standard_conforming_strings=on',
        'statement_timeout=30000',
    )
)


def as_patroni_writes(value):
    """A value in PostgreSQL's configuration file: quotes and backslashes doubled."""
    return "'" + re.sub(r"(['\\])", r'\1\1', str(value)) + "'"


def quoted(texts):
    """A list of SQL literals."""
    return ', '.join("'" + text.replace("'", "''") + "'" for text in sorted(texts))
