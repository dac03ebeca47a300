"""Says to the owners of targets and receivers who we are and whom to ask: one User-Agent for all.

Form: RFC 9110, section 10.1.5: a product with its version, then comments.
"""

from outscope import VERSION


def user_agent(contact_url: str, *comments: str) -> str:
    """Return the header's value; without a contact URL it has none."""
    told = [*([f"+{contact_url}"] if contact_url else []), *comments]
    return f"OutScope/{VERSION}" + (f" ({'; '.join(told)})" if told else "")
