"""For those who keep a base: changing its files without touching what is not meant, and telling what a change means."""
