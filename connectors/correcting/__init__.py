"""Correction reports: somebody doubts a value that was given, and whoever keeps the source looks at it.

If the rows are lost, no report is forwarded or followed any more, and nothing is marked; the lines stay and say what
was reported. Written by an attacker: a changed row is refused, a removed one is missed. What was reported is sealed.
Nothing here changes a source, or what a release may give: a doubt is a mark beside a value, never evidence.
"""
