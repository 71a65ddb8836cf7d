"""Files on breaches, as the pages of the FG use them: the same work as `/logboek/v1/datalekken`, for a neighbour.

No store: nothing is lost with this room. An attacker who comes in here is a searcher of the log and leaves a searcher's
lines. Surprises: people come out sealed for a key only, never one by one, so that no page holds their pseudonyms.
"""
