-- +goose Up
-- What a language model was asked. sent is masked, as it went out, and emptied after the days that the organisation set; the row stays.
CREATE TABLE model_call (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, user_id TEXT NOT NULL, group_key BIGINT NOT NULL, purpose TEXT NOT NULL, at BIGINT NOT NULL, host TEXT NOT NULL, region TEXT NOT NULL, model TEXT NOT NULL,
  sent TEXT NOT NULL, sent_chars BIGINT NOT NULL, got_chars BIGINT NOT NULL, tokens_in BIGINT NOT NULL, tokens_out BIGINT NOT NULL, took BIGINT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX model_call_at ON model_call (org_key, at);
-- What somebody wanted to be written and what came of it: a proposal, never a send. ref is a digest's id; made_into what a person made of it; model who wrote, '' = none.
CREATE TABLE model_draft (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, user_id TEXT NOT NULL, wish JSONB NOT NULL, ref TEXT NOT NULL, state TEXT NOT NULL, choices JSONB NOT NULL, notes TEXT NOT NULL,
  model TEXT NOT NULL, made_into TEXT NOT NULL, made BIGINT NOT NULL, version BIGINT NOT NULL
);
CREATE INDEX model_draft_made ON model_draft (org_key, made);
