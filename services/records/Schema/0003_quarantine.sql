-- How many envelopes left the quarantine for want of room or of time, since the store exists; counted on /health.
ALTER TABLE store ADD COLUMN dropped BIGINT NOT NULL DEFAULT 0;
