"""Years of a holding's payments, written in bulk: for measuring, and for seeing what many rows do to a page.

Everything is as the services would have left it (chains, sums, links, search columns), except that documents
are rows alone: no file lies in the storage. Papers of our own are not drawn up for these years either.
"""
