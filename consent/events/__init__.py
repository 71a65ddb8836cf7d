"""What recipients hear of without asking: a consent was asked, given, ended; an activity changed.

An event is a row that is written with the row it tells of, so a crash loses neither. It says what happened to which id
and where to read it, with one's own rights: nothing about anybody. If the rows are lost, recipients hear less and are
refused all the same; who writes them can annoy the addresses of the settings, which alone are called. At least once,
and in order where an address answers; a repeated event has the id of the first.
"""
