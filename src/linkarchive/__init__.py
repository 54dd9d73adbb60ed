"""linkarchive: keeps the sources of an article (command: `archive`)."""

__version__ = "0.1.0"
