"""The signed receipt of a consent, brought to its resident outside the portal.

The municipality's message service brings it: Berichtenbox, NotifyNL, a printer; we know nobody's address. It is told
whom by their number, which is kept here for that, sealed, from the login after they turned it on until they turn it
off, have died, were not here for two years, or the municipality has no such service any more. If the rows are lost,
residents get no more messages and all else stands. Who writes them can make messages go missing or come again, also
to who turned it off, with the sealed number of before; not send what is of one resident to another. If the room's
keys are stolen as well, these numbers are. Surprises: nobody at all whose data is secret gets a message, since we do
not know through whose door it comes; and a message is made once, so that what is sent again is the same.
"""
