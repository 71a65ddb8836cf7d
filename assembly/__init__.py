"""Wires the components together or apart; the only room that may open everybody's doors."""
