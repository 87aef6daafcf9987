"""Long attempts to refute what the kit proves, on many random matrices. By hand; see `__main__`."""
