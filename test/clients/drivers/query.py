"""Opens an SQLAlchemy URL and prints whether the node is in recovery: `t` or `f`."""

import sys

import sqlalchemy

engine = sqlalchemy.create_engine(sys.argv[1])
with engine.connect() as connection:
    print('t' if connection.scalar(sqlalchemy.text('SELECT pg_is_in_recovery()')) else 'f')
