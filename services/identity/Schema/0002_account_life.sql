-- When a person was told that the account, which nobody uses, will be erased.
ALTER TABLE people ADD COLUMN "WarnedAt" BIGINT NOT NULL DEFAULT 0;
CREATE INDEX audit_by_actor ON audit ("Actor");
CREATE INDEX audit_by_subject ON audit ("Subject");
