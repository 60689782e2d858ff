"""HTTP: a hardened server, TLS and passwords, the routes, the pages, and their JSON.

It knows nothing of billing. What is served comes from functions that are passed in.
"""
