"""What is read off a state: what has let go, how far faces have parted, how ions pass, how far cracks go."""
