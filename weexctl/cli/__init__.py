"""The command line: rows of the registry become commands; main.py alone exits, output.py alone prints."""
