-- When a password was last changed by hand.
ALTER TABLE users ADD COLUMN last_password_reset BIGINT;

-- The profile's e-mail address in lower case, to find people by; '' when there is none. NULL means that the
-- row was written before this column, and the address is filled in when the database is opened.
ALTER TABLE identities ADD COLUMN email TEXT;
CREATE INDEX identities_of_email ON identities (email);
CREATE INDEX identities_of_id ON identities (id);
CREATE INDEX users_by_creation ON users (created_at, user_id);
