-- The node's authentication code for the envelope, made once its signature was made or verified. Its other services then need not verify it again.
ALTER TABLE records ADD COLUMN mac BLOB;
