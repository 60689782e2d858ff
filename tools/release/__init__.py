"""Release packages: wheel, sdist and chart with the project's addresses filled in.

``python -m tools.release FOLDER`` builds them. The source names no address: ``[tool.release]`` of
``pyproject.toml`` is the one place for them, and it is empty there.
"""
