"""HTTP: a hardened server, the routes, the choice of a format and the status page.

It knows nothing of billing. What is served comes from functions that are passed in.
"""
