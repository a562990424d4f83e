"""What a check costs, in multiples of one bare `csv.reader` pass over the same file."""
