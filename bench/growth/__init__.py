"""What a call costs the database with few checks and with very many."""
