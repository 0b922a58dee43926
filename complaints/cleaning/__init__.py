"""Cleaning: what a file tells of whoever made it is taken out, in memory, in a process that has no keys and no network.

`kinds` says what a file is by its content; `process` runs the other process; everything else runs inside it. Bytes in, bytes out.
"""
