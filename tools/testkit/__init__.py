"""Programs, processes and scrapes that tests and tools run the exporter with."""
