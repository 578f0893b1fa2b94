"""Draws the pictures of a results folder anew: python3 -m intact.pictures results/lzco-vs-lzaco."""

import sys

from intact.pictures.draw import main

sys.exit(main())
