"""Report on the forecast: its error and its band on generated and on real daily series."""
