"""The input: a folder of `<id>.json` or one .jsonl file → problems in numeric order. `sample` is the bundled one."""
