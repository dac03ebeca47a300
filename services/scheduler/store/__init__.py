"""The only SQL: one function per statement, named after what it does to the state.

All times in the state are Postgres's: no scheduler's own clock decides what is due or over.
"""
