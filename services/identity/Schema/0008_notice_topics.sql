-- Each area names its own topics, and a notice carries its sentence (JSON of the contract's NoticeSentence). One that was kept before has none:
-- its "Title" and "State" say what it was about, until the digest of the day has told it.
ALTER TABLE notices ADD COLUMN "Sentence" TEXT NOT NULL DEFAULT '';

CREATE TABLE earlier_topics ("Earlier" TEXT PRIMARY KEY, "Name" TEXT NOT NULL);
INSERT INTO earlier_topics VALUES
    ('JoinRequest', 'identity.join-request'),
    ('Membership', 'territories.membership'),
    ('Remark', 'practices.remark'),
    ('Report', 'practices.report'),
    ('ReviewDue', 'practices.review-due'),
    ('MandateEnd', 'identity.mandate-end');

UPDATE notices SET "Topic" = (SELECT "Name" FROM earlier_topics WHERE "Earlier" = "Topic")
WHERE "Topic" IN (SELECT "Earlier" FROM earlier_topics);
UPDATE notice_choices SET "Topic" = (SELECT "Name" FROM earlier_topics WHERE "Earlier" = "Topic")
WHERE "Topic" IN (SELECT "Earlier" FROM earlier_topics);
-- The links in mails that end a topic.
UPDATE links SET "Function" = (SELECT "Name" FROM earlier_topics WHERE "Earlier" = "Function")
WHERE "Purpose" = 'unsubscribe' AND "Function" IN (SELECT "Earlier" FROM earlier_topics);

DROP TABLE earlier_topics;
