"""What holds for every spec, asked of many that no person would write."""
