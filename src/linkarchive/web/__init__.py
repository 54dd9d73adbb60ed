"""Visiting: requests in, visits out. Only this room and `wayback/` touch the network."""
