"""Documents set as PDF by typst, in a process of its own that writes no file. `process` is all that the rest of the program calls."""
