"""`python -m asyncgeo`."""

from asyncgeo.cli import main

if __name__ == "__main__":
    main()
