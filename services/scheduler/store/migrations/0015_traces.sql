-- The trace in which a check was asked for, as W3C traceparent: what is done for it later joins it.
ALTER TABLE checks ADD COLUMN traceparent text;
