"""What can be taught: topics, items, loading, checking, markup, likeness of answers, search."""
