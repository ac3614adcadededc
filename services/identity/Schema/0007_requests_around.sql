-- What the territory of a request is in, by the names that a grant of a facilitator can have for it: "|R32|OCC-2024|". Empty when nobody could say.
ALTER TABLE join_requests ADD COLUMN "Around" TEXT NOT NULL DEFAULT '';
