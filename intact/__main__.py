"""`python3 -m intact` is the same as `intact`."""

from intact.cli import main

main()
