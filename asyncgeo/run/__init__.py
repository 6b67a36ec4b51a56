"""A run as a whole: what is pending is asked, written and counted.

In: settings and an input folder. Out: rows in shards, events, a plan before and a summary after. It prints nothing.

`overrides` and `places` → `plan` (what will be done) → `app` (carries it out, and reports to an observer) → `session`
(endpoint, limits, client put together) → `pipeline` (the fan-out and the one writer) with `extract` and `grounding`
(one problem → one row) and `evidence` (was it the problem, or the endpoint?) → `tally`, `recorder`, `logs`, `summary`
(what happened). `estimate`, `latency` and `forecast` say what a run will take, `live_limits` follows edits of
config.toml, `review` verifies rows as they arrive, `one` answers `asyncgeo parse`, `reparse` makes rows anew from kept
answers, `rehearsal` plays a run against simulated limits, `tuning` asks for the account's, `cluster` asks from many
workers.
"""
