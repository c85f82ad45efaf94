-- +goose Up
-- Every time somebody signed in: from where, with what, when they were last seen (UTC ms), and when and by whom it was ended
-- (0 = still open, unless it ran out). The session holds the id; who ended it is a user's id, '' = it ended by itself.
CREATE TABLE sign_in (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, user_key BIGINT NOT NULL, began BIGINT NOT NULL, seen BIGINT NOT NULL, address TEXT NOT NULL,
  browser TEXT NOT NULL, system TEXT NOT NULL, how TEXT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL
);
CREATE INDEX sign_in_user ON sign_in (user_key, ended);
CREATE INDEX sign_in_began ON sign_in (began);
