-- +goose Up
-- What differs between what is kept here of an account and what stands at its platform, line by line. since is when it was first
-- seen, seen when last. ways is JSON: what settles it. task_id is what a person was asked for.
CREATE TABLE drift_line (
  account_key BIGINT NOT NULL, part TEXT NOT NULL, subject TEXT NOT NULL, field TEXT NOT NULL, owner TEXT NOT NULL, id BYTEA NOT NULL UNIQUE,
  name TEXT NOT NULL, here TEXT NOT NULL, there TEXT NOT NULL, why TEXT NOT NULL, since BIGINT NOT NULL, seen BIGINT NOT NULL,
  ways JSONB NOT NULL, task_id BYTEA, PRIMARY KEY (account_key, part, subject, field, owner)
);
-- How each part was read last. unread and say are JSON: what could not be read, and the platform's words in two languages.
CREATE TABLE drift_part (
  account_key BIGINT NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, read_at BIGINT NOT NULL, looked BIGINT NOT NULL, lines BIGINT NOT NULL,
  unread JSONB NOT NULL, say JSONB NOT NULL, PRIMARY KEY (account_key, part)
);
