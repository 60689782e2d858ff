"""The image, built and run for real: ``make image-test``, apart from the other tests.

It needs podman, and Debian's packages where the base image cannot be pulled. What it makes are
images and containers whose names begin with ``billing-exporter-check``; the containers it removes.
"""
