"""A folder of runs → what a person sees: `status` for the terminal, `report` for the browser. It only reads."""
