"""What several front ends share: rendering helpers, platform limits."""
