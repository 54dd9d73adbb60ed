"""Where a dead page went: its new address on its site, found by rules learnt there, names, listings and text.

Pure: addresses and pages in, addresses out; `relocation` alone visits.
"""
