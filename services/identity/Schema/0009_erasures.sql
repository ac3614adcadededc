-- Who is to be forgotten by each service of the node. The person and the address are emptied when the service has answered.
CREATE TABLE erasures (
    "Request" TEXT NOT NULL,
    "Service" TEXT NOT NULL,
    "Person" TEXT NOT NULL,
    "Email" TEXT NOT NULL,
    "NextAt" BIGINT NOT NULL,
    "Attempts" INTEGER NOT NULL,
    "AnsweredAt" BIGINT,
    PRIMARY KEY ("Request", "Service")
);
CREATE INDEX erasures_by_turn ON erasures ("AnsweredAt", "NextAt");
