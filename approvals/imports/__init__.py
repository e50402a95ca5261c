"""Tables of people and counterparties: read, judged row by row, and then done as it was shown.

`reading` makes rows of a file, `columns` says what stands in them, `people` and `companies` judge and do.
"""
