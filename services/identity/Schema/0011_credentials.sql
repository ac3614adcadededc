-- How a session began ("" by password), and when its person last proved who sits there, Unix milliseconds.
ALTER TABLE sessions ADD COLUMN "Way" TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN "ProvenAt" BIGINT NOT NULL DEFAULT 0;

-- Whose account a link changes, and where its reader was going, which is encrypted: it may be the address of another link.
ALTER TABLE links ADD COLUMN "Person" TEXT NOT NULL DEFAULT '';
ALTER TABLE links ADD COLUMN "Destination" TEXT NOT NULL DEFAULT '';

-- Addresses have one form, by which what concerns a person is found.
UPDATE links SET "Email" = lower("Email");

-- Failures are counted for each way in and each origin, below, and no longer for the account as a whole.
UPDATE people SET "LockoutEnabled" = FALSE, "AccessFailedCount" = 0, "LockoutEnd" = NULL;

-- What was tried and failed, for a while. The key is a SHA-256: it tells neither the account nor the origin.
CREATE TABLE failures (
    "Key" TEXT PRIMARY KEY,
    "Count" INTEGER NOT NULL,
    "Until" BIGINT NOT NULL
);
