"""Counts and means over many people, and nothing about one of them. Values of persons do not leave this room.

A run spends its budget before anything is read, and gets nothing back, whatever becomes of it. Everybody who is counted
has a line before their values are read; it never says in which group. If the ledger is lost or set back, the log knows
of more runs than it does, and nothing is counted any more.
"""
