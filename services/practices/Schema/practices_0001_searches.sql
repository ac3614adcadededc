-- Words that visitors searched in vain, and how often on which day ("2026-03-17"). Nothing tells who; words that few asked are not here.
CREATE TABLE unanswered_searches (
  day   TEXT    NOT NULL,
  words TEXT    NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, words)
);
