"""Configuration: profiles and their layers, the environment, folders, credentials and arming.

Precedence of every value: default < file < environment < flag. Each resolved value remembers where it came from.
"""
