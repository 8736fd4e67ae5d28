"""Members that break one law each: a law that lets its double through protects nothing.

A double names the law it breaks in `breaks`. The suite runs every law against its doubles and fails where
one is not caught, or where a law has none.
"""
