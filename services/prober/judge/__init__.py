"""Facts in, verdict out: pure, no clock, no socket; services.prober.judge.decide is the door."""
