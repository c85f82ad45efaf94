-- +goose Up
-- hook_call is a call of an outside system under a key of its own: answer '' = it was begun and nothing is known of its end.
CREATE TABLE hook_call (
  bot_key BIGINT NOT NULL, call_key TEXT NOT NULL, body_hash TEXT NOT NULL, at BIGINT NOT NULL, answer TEXT NOT NULL,
  PRIMARY KEY (bot_key, call_key)
);
CREATE INDEX hook_call_at ON hook_call (at);
