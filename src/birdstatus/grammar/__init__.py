"""The grammar of what BIRD 1.6 prints: one named production for each line shape.

This is the truth that everything else is made from. The scanner compiles these productions to
patterns, ``docs/grammar.md`` draws them, and every error message names what they expected. The
framing of lines into replies is :mod:`birdstatus.framing`; productions describe the text of one
line without its reply code.

The notation in the comments: ``"x"`` is literal, ``[ ]`` optional, ``{ }`` repeated, ``|`` ordered
choice, ``SP`` one or more spaces (after a label: up to BIRD's own padding), ``SP2`` two or more,
``END`` trailing blanks and the end of the line.
"""
