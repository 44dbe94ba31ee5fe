"""A finished file in fewer bytes for a download, and the very bytes of it again."""
