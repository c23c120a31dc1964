-- The session that a token was issued in, so that both can end together. Rows of before have none; they end by themselves.
ALTER TABLE access_tokens ADD COLUMN sid TEXT;
CREATE INDEX access_tokens_of_sid ON access_tokens (sid);
