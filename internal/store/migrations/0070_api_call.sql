-- +goose Up
-- api_call is a writing call under a key of the caller's: answer '' = it was begun and nothing is known of its end.
CREATE TABLE api_call (
  token_key BIGINT NOT NULL, call_key TEXT NOT NULL, body_hash TEXT NOT NULL, at BIGINT NOT NULL, status BIGINT NOT NULL, answer TEXT NOT NULL,
  PRIMARY KEY (token_key, call_key)
);
CREATE INDEX api_call_at ON api_call (at);
