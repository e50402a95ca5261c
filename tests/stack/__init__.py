"""Real servers for the tests: PostgreSQL, Valkey, S3 with signatures, mail, and a browser.

`python -m tests.stack -- COMMAND` brings them up, names them in COMMAND's environment and takes them down.
"""
