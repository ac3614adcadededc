-- Where a mail program ends such mails with one click, and what went wrong when the mail was last tried.
ALTER TABLE mails ADD COLUMN "Unsubscribe" TEXT NOT NULL DEFAULT '';
ALTER TABLE mails ADD COLUMN "Failure" TEXT NOT NULL DEFAULT '';

-- Until when a mandate was to last when its end was last told.
ALTER TABLE grants ADD COLUMN "EndTold" BIGINT NOT NULL DEFAULT 0;

-- What people are to be told by mail, and for two days what they were told: one line for each person, topic, subject and day.
CREATE TABLE notices (
    "Id" TEXT PRIMARY KEY,
    "Person" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Topic" TEXT NOT NULL,
    "Subject" TEXT NOT NULL,
    "SentOn" TEXT NOT NULL,
    "Territory" TEXT NOT NULL,
    "Title" TEXT NOT NULL,
    "State" TEXT NOT NULL,
    "Path" TEXT NOT NULL,
    "Event" TEXT NOT NULL,
    "HappenedAt" BIGINT NOT NULL,
    "DueAt" BIGINT NOT NULL,
    "Mail" TEXT NOT NULL
);
CREATE UNIQUE INDEX notices_once_a_day ON notices ("Person", "Topic", "Subject", "SentOn");
CREATE INDEX notices_by_turn ON notices ("SentOn", "DueAt");

-- How a person wants to hear of a topic, where it is not as usual.
CREATE TABLE notice_choices (
    "Person" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Topic" TEXT NOT NULL,
    "Pace" TEXT NOT NULL,
    PRIMARY KEY ("Person", "Topic")
);
