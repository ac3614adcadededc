-- Programs that act for a person. The token itself is written nowhere: only its SHA-256.
CREATE TABLE personal_tokens (
    "Id" TEXT PRIMARY KEY,
    "Hash" TEXT NOT NULL UNIQUE,
    "Person" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Name" TEXT NOT NULL,
    "Grants" TEXT NOT NULL,
    "Writes" BOOLEAN NOT NULL,
    "CreatedAt" BIGINT NOT NULL,
    "ExpiresAt" BIGINT NOT NULL,
    "UsedOn" TEXT NOT NULL
);
CREATE INDEX personal_tokens_by_person ON personal_tokens ("Person");
CREATE INDEX personal_tokens_by_end ON personal_tokens ("ExpiresAt");

-- Programs of the node itself. Their secrets are hashed among the applications.
CREATE TABLE programs (
    "Id" TEXT PRIMARY KEY,
    "Name" TEXT NOT NULL,
    "Grants" TEXT NOT NULL,
    "Writes" BOOLEAN NOT NULL,
    "Secret" TEXT NOT NULL,
    "CreatedAt" BIGINT NOT NULL,
    "UsedOn" TEXT NOT NULL
);
