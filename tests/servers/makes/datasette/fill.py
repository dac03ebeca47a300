"""Makes a small database."""

import sqlite3

with sqlite3.connect("stones.db") as connection:
    connection.execute("CREATE TABLE stones (name TEXT, hardness REAL)")
    connection.executemany("INSERT INTO stones VALUES (?, ?)", [("quartz", 7), ("talc", 1)])
