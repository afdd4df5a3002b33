"""What the code promises about itself: direction of imports, edges, sizes, names."""
