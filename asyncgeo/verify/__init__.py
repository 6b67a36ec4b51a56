"""Is a parse right? It is drawn, and what is asked is measured: parses → verdicts, beside shards or as rows arrive.

In: parses. Out: verdicts, and for what is in dispute one more question. It writes no coordinates.

`judge` decides about one parse, `answer` whether it leads to the `key` of its problem, `second_reading` what it lacks
of its text, `witnesses` what they say together; `folder` verifies those on disk, `pool` rows as they arrive; `reask`
shows the model what is in dispute; `picture` draws one parse.
"""
