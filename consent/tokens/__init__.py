"""Who is this application, for five minutes? The token endpoint and its keys (RFC 6749, 7523, 8707, 9068).

If its tables are lost, an assertion of the last minute could be used twice, and every token ends with the lost keys; if
an attacker writes them, the same: keys are bound to their row. Whoever holds an opened key can be any application until
it is rotated. Surprises: the answer is made before the assertion is spent, and held back until it is; a refusal says
its standard code and never which check failed.
"""
