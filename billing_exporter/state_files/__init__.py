"""Small state files, one for each customer, contract or invoice."""
