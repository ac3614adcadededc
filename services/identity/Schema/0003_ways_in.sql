-- When a session that a provider of identities opened ends by itself, Unix milliseconds.
ALTER TABLE sessions ADD COLUMN "EndsAt" BIGINT;

-- The employer that a provider named: nine digits, to suggest a territory.
ALTER TABLE people ADD COLUMN "Siren" TEXT NOT NULL DEFAULT '';

-- Challenges that a passkey has answered: each answer serves once. SHA-256 of what was signed.
CREATE TABLE spent_challenges (
    "Hash" TEXT PRIMARY KEY,
    "SpentAt" BIGINT NOT NULL
);
