-- What readers found wrong with practices of this node: for the delegates of the territory only. Erased 12 months after its day.
CREATE TABLE practice_reports (
  id        TEXT    NOT NULL PRIMARY KEY,
  practice  TEXT    NOT NULL,
  territory TEXT    NOT NULL,
  kind      INTEGER NOT NULL,
  text      TEXT    NOT NULL,
  day       TEXT    NOT NULL,
  closed    TEXT    NOT NULL,
  word      TEXT    NOT NULL
);
CREATE INDEX practice_reports_territory ON practice_reports (territory, day);
CREATE INDEX practice_reports_practice ON practice_reports (practice, day);

-- What peers said of practices that their territories gave them to read: for the delegates of the network. Written at, in Unix milliseconds.
CREATE TABLE practice_comments (
  id        TEXT   NOT NULL PRIMARY KEY,
  practice  TEXT   NOT NULL,
  territory TEXT   NOT NULL,
  text      TEXT   NOT NULL,
  written   BIGINT NOT NULL
);
CREATE INDEX practice_comments_practice ON practice_comments (practice, written);
