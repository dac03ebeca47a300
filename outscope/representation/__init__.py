"""Resources as the JSON of the API shows them: one function per resource, from its message.

Law: pure, and the shape is the same wherever it is shown: GET answers and webhook bodies.
"""
