"""What a row may say: the vocabulary of conditions, the records that flow, and what a valid one is.

In: values. Out: values, checked and in one form. It knows neither files nor models nor the network.

`shapes` → `conditions` (the table of types) → `records` (problem, row, their JSON) → `wire` (the form of an answer, of
`spelling` for one condition and `drawn` for what is to be drawn) → `checks` (an answer's text → a checked extraction,
`usual` where it is as it was asked for, `synonyms` for what models write otherwise); `words` says conditions as a
person reads them.
"""
