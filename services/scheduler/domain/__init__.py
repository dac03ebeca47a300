"""The rules of checks, limits and deliveries: pure, told the time and the dice."""
