-- Earlier versions that anybody could read, as they were signed; the latest one is in records. Gone when the record is taken back.
CREATE TABLE history (
  kind     TEXT   NOT NULL,
  id       TEXT   NOT NULL,
  version  BIGINT NOT NULL,
  envelope BLOB   NOT NULL,
  PRIMARY KEY (kind, id, version)
);
