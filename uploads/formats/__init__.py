"""How each language writes days and times: short, with the month as a word, on a clock of 24 hours."""
