-- What the territory of a request is in, a line each, by the names that a grant of a facilitator can have for it: "R32", "OCC-2024".
CREATE TABLE join_request_scopes (
    "Request" TEXT NOT NULL REFERENCES join_requests ("Id") ON DELETE CASCADE,
    "Scope" TEXT NOT NULL,
    PRIMARY KEY ("Request", "Scope")
);
CREATE INDEX join_request_scopes_by_scope ON join_request_scopes ("Scope");

-- They were one text, "|R32||OCC-2024|": read letter by letter, a name ends where a bar follows.
WITH RECURSIVE letters ("Request", "Rest", "Name") AS (
    SELECT "Id", "Around", '' FROM join_requests WHERE "Around" <> ''
    UNION ALL
    SELECT "Request", substr("Rest", 2), CASE WHEN substr("Rest", 1, 1) = '|' THEN '' ELSE "Name" || substr("Rest", 1, 1) END
    FROM letters WHERE "Rest" <> ''
)
INSERT INTO join_request_scopes ("Request", "Scope")
SELECT DISTINCT "Request", "Name" FROM letters WHERE "Name" <> '' AND substr("Rest", 1, 1) = '|';

ALTER TABLE join_requests DROP COLUMN "Around";
