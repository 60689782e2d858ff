"""Pages: frozen records in, escaped HTML out.

They need no script and no other file. Their policy allows nothing but their own style, so that
text from elsewhere, such as a customer's name, can do no harm even unescaped.
"""
