"""The prober beside its peers: names looked up, two ports, TLS and GET / on both."""
