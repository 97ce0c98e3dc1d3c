"""What people paste: text that went through terminals, editors, mail and chats, made into BIRD's lines again.

::

    bytes -> decoding -> margin -> lines        (then framing and parse, which know replies and productions)

:mod:`~birdstatus.paste.decoding` decides the encoding and where lines end,
:mod:`~birdstatus.paste.margin` takes off what stands before every line.
:mod:`~birdstatus.paste.prompt` says what a person asked, :mod:`~birdstatus.paste.spacing` gives a
damaged line BIRD's own blanks back, and :mod:`~birdstatus.paste.foreign` names what is not BIRD
output. Clean socket bytes pass through unchanged.
"""
