-- +goose Up
-- What somebody proves themselves with besides a password: a secret sealed with the master key (confirmed 0 = begun, not yet in use),
-- the step whose code opened last, and hashes of codes of the last resort (spent: UTC ms, 0 = still good).
CREATE TABLE user_factor (
  user_key BIGINT PRIMARY KEY, sealed BYTEA NOT NULL, created BIGINT NOT NULL, confirmed BIGINT NOT NULL, last_step BIGINT NOT NULL
);
CREATE TABLE recovery_code (
  user_key BIGINT NOT NULL, hash TEXT NOT NULL, spent BIGINT NOT NULL, PRIMARY KEY (user_key, hash)
);
