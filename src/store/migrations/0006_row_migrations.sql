-- Changes of rows that SQL cannot make: the program makes each of them once, when it opens the database, and names it
-- here in the same transaction.
CREATE TABLE row_migrations (
    name TEXT NOT NULL PRIMARY KEY
);
