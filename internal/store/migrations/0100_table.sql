-- +goose Up
-- Shared tables. head numbers the edits of a table from 1; shape is the number of the edit that changed columns or settings last; link counts how often its
-- links were made anew; rows_there are its rows that are not gone.
CREATE TABLE shared_table (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, title TEXT NOT NULL, note TEXT NOT NULL, cols JSONB NOT NULL, access TEXT NOT NULL,
  link BIGINT NOT NULL, head BIGINT NOT NULL, shape BIGINT NOT NULL, rows_there BIGINT NOT NULL, user_name TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL, closed BIGINT NOT NULL
);
CREATE INDEX shared_table_org ON shared_table (org_key, updated);
-- A row as it stands: cells by column, each with the number of the edit that wrote it.
CREATE TABLE shared_row (table_key BIGINT NOT NULL, no BIGINT NOT NULL, rev BIGINT NOT NULL, gone BOOLEAN NOT NULL, cells JSONB NOT NULL, PRIMARY KEY (table_key, no));
-- Every edit that was asked for, with what became of it: kept, same, conflict, gone. A key of whoever edits is taken once. value of an added row is the JSON of its values.
CREATE TABLE shared_edit (
  table_key BIGINT NOT NULL, no BIGINT NOT NULL, edit_key TEXT NOT NULL, verb TEXT NOT NULL, row_no BIGINT NOT NULL, col TEXT NOT NULL, seen BIGINT NOT NULL, value TEXT NOT NULL,
  was TEXT NOT NULL, state TEXT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (table_key, no)
);
CREATE UNIQUE INDEX shared_edit_key ON shared_edit (table_key, edit_key);
CREATE INDEX shared_edit_row ON shared_edit (table_key, row_no, no);
