"""The cheapest way to move one weighted set of rows onto another, and what each row adds to its cost."""
