"""A run as a whole: what is pending is asked, written and counted.

In: settings and an input folder. Out: rows in shards, events, a plan before and a summary after. It prints nothing.

`places` (where input and output are) → `session` (endpoint, limits, client put together) → `pipeline` (the fan-out and
the one writer) with `extract` (one problem → one row) → `tally`, `recorder` and `logs` (what happened); `latency` and
`forecast` say what a run will take, `live_limits` follows edits of config.toml, `reparse` makes rows anew from stored
answers, `cluster` asks from many workers.
"""
