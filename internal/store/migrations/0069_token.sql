-- +goose Up
-- api_token is a key to the API: the hash of the secret, whose it is, what it may (AREA:LEVEL, blank between), until when (UTC ms).
CREATE TABLE api_token (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, user_key BIGINT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, hint TEXT NOT NULL,
  scopes TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL, revoked BIGINT NOT NULL, last_used BIGINT NOT NULL
);
CREATE INDEX api_token_org ON api_token (org_key, key);
