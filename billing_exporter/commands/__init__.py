"""The commands: one module for each, with its flags, examples and run()."""
