-- +goose Up
-- Word lists of an organisation. word keeps every state of every word: a row holds from version since on, up to version until
-- (0 = now), so a version is the rows that held then, and nothing is ever lost. number names a word through all its states.
CREATE TABLE word_list (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, name TEXT NOT NULL, note TEXT NOT NULL, pack TEXT NOT NULL,
  version BIGINT NOT NULL, last_number BIGINT NOT NULL, created BIGINT NOT NULL, changed BIGINT NOT NULL, by_user TEXT NOT NULL, closed BIGINT NOT NULL
);
CREATE INDEX word_list_org ON word_list (org_key, created);
CREATE TABLE word (
  list_key BIGINT NOT NULL, number BIGINT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL, fold TEXT NOT NULL, text TEXT NOT NULL,
  category TEXT NOT NULL, level BIGINT NOT NULL, views TEXT NOT NULL, expires BIGINT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
  PRIMARY KEY (list_key, number, since)
);
CREATE UNIQUE INDEX word_now ON word (list_key, fold) WHERE until = 0;
CREATE INDEX word_fold ON word (list_key, fold);
CREATE TABLE word_version (
  list_key BIGINT NOT NULL, version BIGINT NOT NULL, at BIGINT NOT NULL, by_user TEXT NOT NULL, kind TEXT NOT NULL, note TEXT NOT NULL,
  added BIGINT NOT NULL, removed BIGINT NOT NULL, changed BIGINT NOT NULL, asset TEXT NOT NULL,
  PRIMARY KEY (list_key, version)
);
-- word_use: which groups use a list, and at which version.
CREATE TABLE word_use (
  list_key BIGINT NOT NULL, group_key BIGINT NOT NULL, version BIGINT NOT NULL, mode TEXT NOT NULL, at BIGINT NOT NULL, by_user TEXT NOT NULL, fault TEXT NOT NULL,
  PRIMARY KEY (list_key, group_key)
);
CREATE INDEX word_use_group ON word_use (group_key);
-- word_run: work on a list that takes its time; body is what it works on (packed), report what it found.
CREATE TABLE word_run (
  id BYTEA PRIMARY KEY, list_key BIGINT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, done BIGINT NOT NULL, total BIGINT NOT NULL,
  at BIGINT NOT NULL, by_user TEXT NOT NULL, note TEXT NOT NULL, file TEXT NOT NULL, error TEXT NOT NULL, body BYTEA NOT NULL, report JSONB NOT NULL
);
CREATE INDEX word_run_list ON word_run (list_key, at);
-- word_hit: the words on which decisions rest.
CREATE TABLE word_hit (
  list_id TEXT NOT NULL, word BIGINT NOT NULL, decision_id BYTEA NOT NULL, group_key BIGINT NOT NULL, at BIGINT NOT NULL, dry BOOLEAN NOT NULL,
  PRIMARY KEY (list_id, word, decision_id)
);
