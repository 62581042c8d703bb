"""The terminal: a prompt with history, completion and numbered buttons on a TTY, line by line on a pipe."""
