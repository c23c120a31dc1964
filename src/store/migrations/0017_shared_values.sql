-- What several servers know together for a while: counters, jobs. A server that has a file for itself keeps them in memory.
CREATE TABLE shared_values (
    kind TEXT NOT NULL,
    whole TEXT NOT NULL,
    part TEXT NOT NULL,
    value TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (kind, whole, part)
);
