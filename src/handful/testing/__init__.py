"""Laws, oracles, strategies and broken doubles; public, for your own classes too."""
