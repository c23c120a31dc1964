-- Links that a machine asked for: where the page leads afterwards, and whether a new password verifies the address, as
-- it does when the link was mailed. Older rows are mails.
ALTER TABLE tickets ADD COLUMN result_url TEXT;
ALTER TABLE tickets ADD COLUMN result_email BIGINT;
ALTER TABLE tickets ADD COLUMN client_id TEXT;
ALTER TABLE tickets ADD COLUMN keeps_verification BIGINT;
