-- Until when the right that an invitation promises will hold: the end of a mandate. Null when nothing ends it.
ALTER TABLE links ADD COLUMN "Until" BIGINT;
