"""HTTP: a hardened server, TLS and passwords, the routes, and the status page.

It knows nothing of billing. What is served comes from functions that are passed in.
"""
