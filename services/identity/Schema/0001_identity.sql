-- People, their rights, and what signs them in. Times are Unix milliseconds, in UTC. Runs on SQLite and PostgreSQL.

CREATE TABLE people (
    "Id" TEXT PRIMARY KEY,
    "UserName" TEXT,
    "NormalizedUserName" TEXT,
    "Email" TEXT,
    "NormalizedEmail" TEXT,
    "EmailConfirmed" BOOLEAN NOT NULL,
    "PasswordHash" TEXT,
    "SecurityStamp" TEXT,
    "ConcurrencyStamp" TEXT,
    "PhoneNumber" TEXT,
    "PhoneNumberConfirmed" BOOLEAN NOT NULL,
    "TwoFactorEnabled" BOOLEAN NOT NULL,
    "LockoutEnd" TIMESTAMP,
    "LockoutEnabled" BOOLEAN NOT NULL,
    "AccessFailedCount" INTEGER NOT NULL,
    "Name" TEXT NOT NULL,
    "Language" TEXT NOT NULL,
    "Rights" BIGINT NOT NULL,
    "CreatedAt" BIGINT NOT NULL,
    "SeenAt" BIGINT NOT NULL
);
CREATE UNIQUE INDEX people_by_email ON people ("NormalizedUserName");
CREATE INDEX people_by_last_visit ON people ("SeenAt");

CREATE TABLE person_claims (
    "Id" INTEGER PRIMARY KEY,
    "UserId" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "ClaimType" TEXT,
    "ClaimValue" TEXT
);

CREATE TABLE person_logins (
    "LoginProvider" TEXT NOT NULL,
    "ProviderKey" TEXT NOT NULL,
    "ProviderDisplayName" TEXT,
    "UserId" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    PRIMARY KEY ("LoginProvider", "ProviderKey")
);
CREATE INDEX person_logins_by_person ON person_logins ("UserId");

CREATE TABLE person_passkeys (
    "CredentialId" BLOB PRIMARY KEY,
    "UserId" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Data" JSON NOT NULL
);
CREATE INDEX person_passkeys_by_person ON person_passkeys ("UserId");

CREATE TABLE person_tokens (
    "UserId" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "LoginProvider" TEXT NOT NULL,
    "Name" TEXT NOT NULL,
    "Value" TEXT,
    PRIMARY KEY ("UserId", "LoginProvider", "Name")
);

CREATE TABLE grants (
    "Person" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Role" TEXT NOT NULL,
    "Scope" TEXT NOT NULL,
    "Family" TEXT NOT NULL,
    "Function" TEXT NOT NULL,
    "Since" BIGINT NOT NULL,
    "Until" BIGINT,
    PRIMARY KEY ("Person", "Role", "Scope")
);
CREATE INDEX grants_by_scope ON grants ("Scope", "Role");

CREATE TABLE sessions (
    "Id" TEXT PRIMARY KEY,
    "Person" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Strong" BOOLEAN NOT NULL,
    "Browser" TEXT NOT NULL,
    "CreatedAt" BIGINT NOT NULL,
    "SeenAt" BIGINT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions ("Person");

-- What a link sent by mail stands for. The link itself is written nowhere: only its SHA-256.
CREATE TABLE links (
    "Id" TEXT PRIMARY KEY,
    "Hash" TEXT NOT NULL UNIQUE,
    "Purpose" TEXT NOT NULL,
    "Email" TEXT NOT NULL,
    "Role" TEXT NOT NULL,
    "Scope" TEXT NOT NULL,
    "Family" TEXT NOT NULL,
    "Function" TEXT NOT NULL,
    "CreatedAt" BIGINT NOT NULL,
    "ExpiresAt" BIGINT NOT NULL
);
CREATE INDEX links_by_scope ON links ("Scope");

CREATE TABLE join_requests (
    "Id" TEXT PRIMARY KEY,
    "Person" TEXT NOT NULL REFERENCES people ("Id") ON DELETE CASCADE,
    "Territory" TEXT NOT NULL,
    "Family" TEXT NOT NULL,
    "Function" TEXT NOT NULL,
    "Proof" TEXT NOT NULL,
    "Status" TEXT NOT NULL,
    "Reason" TEXT NOT NULL,
    "AskedAt" BIGINT NOT NULL,
    "DecidedAt" BIGINT
);
CREATE INDEX join_requests_by_territory ON join_requests ("Territory", "Status", "AskedAt");
CREATE INDEX join_requests_by_person ON join_requests ("Person");

-- Tokens that no longer count, for as long as the longest of them would have lived.
CREATE TABLE revocations (
    "Id" TEXT PRIMARY KEY,
    "Person" TEXT NOT NULL,
    "Rights" BIGINT NOT NULL,
    "Session" TEXT NOT NULL,
    "At" BIGINT NOT NULL
);
CREATE INDEX revocations_by_time ON revocations ("At");

-- Mails that wait to be sent.
CREATE TABLE mails (
    "Id" TEXT PRIMARY KEY,
    "Recipient" TEXT NOT NULL,
    "Subject" TEXT NOT NULL,
    "Text" TEXT NOT NULL,
    "Html" TEXT NOT NULL,
    "CreatedAt" BIGINT NOT NULL,
    "NextAt" BIGINT NOT NULL,
    "Attempts" INTEGER NOT NULL
);
CREATE INDEX mails_by_turn ON mails ("NextAt");

-- Who did what to whose rights; a person who is erased stays as an empty name.
CREATE TABLE audit (
    "Id" TEXT PRIMARY KEY,
    "At" BIGINT NOT NULL,
    "Actor" TEXT NOT NULL,
    "Action" TEXT NOT NULL,
    "Subject" TEXT NOT NULL,
    "Detail" TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit ("At");

CREATE TABLE "OpenIddictApplications" (
    "Id" TEXT PRIMARY KEY,
    "ApplicationType" TEXT,
    "ClientId" TEXT UNIQUE,
    "ClientSecret" TEXT,
    "ClientType" TEXT,
    "ConcurrencyToken" TEXT,
    "ConsentType" TEXT,
    "DisplayName" TEXT,
    "DisplayNames" TEXT,
    "JsonWebKeySet" TEXT,
    "Permissions" TEXT,
    "PostLogoutRedirectUris" TEXT,
    "Properties" TEXT,
    "RedirectUris" TEXT,
    "Requirements" TEXT,
    "Settings" TEXT
);

CREATE TABLE "OpenIddictScopes" (
    "Id" TEXT PRIMARY KEY,
    "ConcurrencyToken" TEXT,
    "Description" TEXT,
    "Descriptions" TEXT,
    "DisplayName" TEXT,
    "DisplayNames" TEXT,
    "Name" TEXT UNIQUE,
    "Properties" TEXT,
    "Resources" TEXT
);

CREATE TABLE "OpenIddictAuthorizations" (
    "Id" TEXT PRIMARY KEY,
    "ApplicationId" TEXT REFERENCES "OpenIddictApplications" ("Id"),
    "ConcurrencyToken" TEXT,
    "CreationDate" TIMESTAMP,
    "Properties" TEXT,
    "Scopes" TEXT,
    "Status" TEXT,
    "Subject" TEXT,
    "Type" TEXT
);
CREATE INDEX authorizations_by_subject ON "OpenIddictAuthorizations" ("ApplicationId", "Status", "Subject", "Type");

CREATE TABLE "OpenIddictTokens" (
    "Id" TEXT PRIMARY KEY,
    "ApplicationId" TEXT REFERENCES "OpenIddictApplications" ("Id"),
    "AuthorizationId" TEXT REFERENCES "OpenIddictAuthorizations" ("Id"),
    "ConcurrencyToken" TEXT,
    "CreationDate" TIMESTAMP,
    "ExpirationDate" TIMESTAMP,
    "Payload" TEXT,
    "Properties" TEXT,
    "RedemptionDate" TIMESTAMP,
    "ReferenceId" TEXT UNIQUE,
    "Status" TEXT,
    "Subject" TEXT,
    "Type" TEXT
);
CREATE INDEX tokens_by_subject ON "OpenIddictTokens" ("ApplicationId", "Status", "Subject", "Type");
CREATE INDEX tokens_by_authorization ON "OpenIddictTokens" ("AuthorizationId");
