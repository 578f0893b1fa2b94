"""How fast Intact is, beside codes that solve the same problems: python3 -m benchmarks."""
