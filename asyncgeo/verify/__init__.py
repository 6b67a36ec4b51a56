"""Is a parse right? It is drawn: parses → verdicts, beside the shards or while a run goes on.

In: parses. Out: verdicts, and for a contradiction one more question. It writes no coordinates.

`judge` decides about one parse; `folder` verifies those on disk, `pool` rows as they arrive; `reask` shows the model a
contradiction; `picture` draws one parse.
"""
