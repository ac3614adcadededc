-- What people are to be told of a write, kept in its transaction until the identity service has heard it. A protobuf NotifyRequest; Unix milliseconds.
CREATE TABLE notices (
  id         TEXT   NOT NULL PRIMARY KEY,
  request    BLOB   NOT NULL,
  written_at BIGINT NOT NULL,
  next_at    BIGINT NOT NULL,
  attempts   INTEGER NOT NULL
);
CREATE INDEX notices_turn ON notices (next_at);
