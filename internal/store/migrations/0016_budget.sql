-- +goose Up
-- What was done of what may be done: a count per slice of a window, per account, verb and scope (a group, a member or "").
CREATE TABLE budget (
  account_key BIGINT NOT NULL, verb TEXT NOT NULL, scope TEXT NOT NULL, span BIGINT NOT NULL, slice BIGINT NOT NULL,
  used BIGINT NOT NULL, PRIMARY KEY (account_key, verb, scope, span, slice)
);
-- Since when (UTC ms) the platform holds the account back; 0 = it does not.
ALTER TABLE account ADD COLUMN restricted BIGINT NOT NULL DEFAULT 0;
