"""The four programs: gateway, scheduler, prober, notifier."""
