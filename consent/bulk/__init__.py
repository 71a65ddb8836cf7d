"""What would be decided about many residents at once, and why: nothing is released and nothing of the list is kept.

The same question to the same rules as one `toetsing`, over one snapshot, a line for each resident; so an answer tells
no more than asking one by one. What keeps an application from going through everybody is a number of residents a day
(`consent.bulk.allowance`); what keeps it from standing in the way of others, that such questions take turns
(`consent.bulk.turns`).
"""
