"""The demonstration: a fictional installation with real keys, real seals and a real log. Nothing of it is used anywhere else."""
