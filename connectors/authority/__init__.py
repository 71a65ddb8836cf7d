"""Over whom somebody has authority: asked of the BRP each time, and kept nowhere.

Lost: nothing. If the BRP lies or is silent: nobody has authority over anybody. Every question has its line first.
"""
