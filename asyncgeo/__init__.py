"""asyncgeo: from a folder of geometry problems to a structured dataset in one run."""
