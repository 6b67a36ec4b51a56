"""A folder of shards → a dataset as the Hugging Face Hub shows it, and the Hub itself.

In: the folder of a run. Out: `data/<split>.parquet`, `README.md` (the card), and where that is wanted a repository on
the Hub. Nothing else of the folder is read or sent: no logs, no raw answers, no settings.

`card` (what the dataset says of itself) and `folder` (the files) know no network; `push` knows nothing else.
"""
