"""Fetching what captured pages need to be shown: which page waits for what, and what is left out."""
