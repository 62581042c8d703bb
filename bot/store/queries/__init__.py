"""Named statements of the store, one subject a module."""
