"""What recipients must remove, and what they say that they removed (AVG 5(1)(e), 17(1)(b), 17(3), 19).

The log says all of it: releases, and what recipients said afterwards. The rows here are an index of what is still to be
done, made by reading the log on; lost, they are made again. Written by an attacker: a changed row is refused, a removed
one is missed until then.
"""
