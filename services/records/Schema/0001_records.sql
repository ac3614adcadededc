-- Written for SQLite; for PostgreSQL, BLOB becomes BYTEA and TIMESTAMP becomes TIMESTAMPTZ.

-- One row: what this store is and how far it has come.
CREATE TABLE store (
  only_row      INTEGER PRIMARY KEY CHECK (only_row = 1),
  epoch         TEXT    NOT NULL,
  last_sequence BIGINT  NOT NULL,
  published     BIGINT  NOT NULL,
  registry      BIGINT  NOT NULL
);

-- The indexes that were derived from the records, and how far each has come.
CREATE TABLE indexes (
  version    TEXT      PRIMARY KEY,
  sequence   BIGINT    NOT NULL,
  created_at TIMESTAMP NOT NULL,
  tables     TEXT      NOT NULL
);

-- The latest version of each record; also the outbox of the relay and the source of the feed.
CREATE TABLE records (
  kind       TEXT     NOT NULL,
  id         TEXT     NOT NULL,
  territory  TEXT     NOT NULL,
  home       TEXT     NOT NULL,
  version    BIGINT   NOT NULL,
  sequence   BIGINT   NOT NULL UNIQUE,
  visibility SMALLINT NOT NULL,
  shown      SMALLINT NOT NULL,
  deleted    BOOLEAN  NOT NULL,
  envelope   BLOB     NOT NULL,
  tombstone  BLOB,
  trace      TEXT,
  PRIMARY KEY (kind, id)
);

-- How far this store has followed each feed.
CREATE TABLE cursors (
  feed     TEXT   PRIMARY KEY,
  epoch    TEXT   NOT NULL,
  sequence BIGINT NOT NULL
);

-- What could not be taken in, with the reason; counted on /health.
CREATE TABLE quarantine (
  digest      TEXT      PRIMARY KEY,
  received_at TIMESTAMP NOT NULL,
  source      TEXT      NOT NULL,
  reason      TEXT      NOT NULL,
  envelope    BLOB      NOT NULL
);

-- Public keys of the other nodes of the network.
CREATE TABLE node_keys (
  node       TEXT NOT NULL,
  key_id     TEXT NOT NULL,
  public_key BLOB NOT NULL,
  revoked_at TIMESTAMP,
  PRIMARY KEY (node, key_id)
);

-- Territories whose records of an area live on another node than the hub.
CREATE TABLE homes (
  territory TEXT NOT NULL,
  area      TEXT NOT NULL,
  node      TEXT NOT NULL,
  PRIMARY KEY (territory, area)
);
