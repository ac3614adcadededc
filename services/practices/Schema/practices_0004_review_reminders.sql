-- Practices whose territory was told that they are to be read again, and for which date.
CREATE TABLE review_reminders (
  practice TEXT NOT NULL,
  due_on   TEXT NOT NULL,
  PRIMARY KEY (practice, due_on)
);
