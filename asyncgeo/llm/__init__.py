"""One question to an OpenAI-compatible endpoint: bytes out, an answer in, at the pace the endpoint bears.

In: a rendered request and its estimate of tokens. Out: a completion, or why there is none. It knows neither problems'
positions nor files; what an answer says is the schema's business.

`prompts` (with `texts`) renders, `formats` and `tokens` serve it; `client` is the one retry loop over `transport` (the
AsyncOpenAI calls, through `proxies`, over `connections`), `responses` reads a reply, `rate_headers` its headers.
`outcomes` decides about an error (`error_body` → `kinds`, by the tables of `dialects`), `lost` about a request without
a reply; `negotiation` is what the endpoint does not take, `doubt` whether words of money are true. `limits` gives
permission to send, `prices` knows what a model costs and keeps the budget; `models` is what OpenAI's models take and
when they end, `served` what the endpoint says of one.
"""
