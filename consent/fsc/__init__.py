"""Whose token of an Inway is this? FSC as another way in, for applications that are registered to come that way.

An FSC token says which organisation connects and under which contract; never more. Which application that is, and what
it may ask, the register says, and it may never more than with a token of our own. If the keys of the Manager are
stolen, their thief can be any application that is registered for FSC and shows its certificate to the gateway. Nothing
is kept here: a suspension counts at the next request. Surprise: `sub` and `act.sub` are read as a pair, since the
standard's text and its example disagree on which of both acts for the other.
"""
