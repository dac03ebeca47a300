"""Between the contract's messages and the domain: pure, one module per resource."""
