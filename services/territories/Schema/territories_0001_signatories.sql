-- Who signed the charter in the name of a territory. Personal data: never in a record, never out of this node, erased when asked.
CREATE TABLE signatories (
  territory TEXT PRIMARY KEY,
  name      TEXT NOT NULL,
  function  TEXT NOT NULL
);
