"""What artists share: pictures as columns, what a member sees in them, and chance among them."""
