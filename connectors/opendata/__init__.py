"""Tables that everybody may read, from the day that their version named.

What is published is what was given: the cells of the run, read from where they were kept before they were sent. Nobody
publishes by hand and nobody takes back; a table that was not made is said to be missing.
"""
