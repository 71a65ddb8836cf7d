"""Does the whole log still fit? Reads one municipality's tables, computes everything anew and names what is wrong.

Promise: changes nothing, takes no lock that a writer waits for, and sees one moment of the database. Memory stays flat:
what the lines lead to is kept in a scratch file that is gone afterwards. Surprises: a body whose key is gone is "not
readable", never "wrong"; who has the log's keys *and* the signer can write another log, which only a checkpoint in
other hands shows.
"""
