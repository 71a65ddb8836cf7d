"""Opens everybody's rooms: wires them together or apart; the command line `regie`; the demo.

Nothing here decides anything about a resident. What is here may import every room; nobody imports this.
"""
