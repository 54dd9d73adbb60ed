"""`python -m linkarchive` is `archive`."""

from linkarchive.cli import main

if __name__ == "__main__":
    main()
