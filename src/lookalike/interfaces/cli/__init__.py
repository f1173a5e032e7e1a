"""The command line. One verb is one file."""
