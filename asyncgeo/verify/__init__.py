"""Is a parse right? It is drawn: parses → verdicts, beside the shards or while a run goes on.

In: parses. Out: verdicts, and for a contradiction one more question. It writes no coordinates.

`folder` verifies the parses on disk, in `processes`; `pool` judges rows as they arrive, `reask` shows the model a
contradiction; `picture` draws one parse.
"""
