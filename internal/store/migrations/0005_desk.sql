-- +goose Up
-- A desk (账号台) is an account's own log: followers, scans, contacts. It is no chat group and lists leave it out.
ALTER TABLE chat_group ADD COLUMN desk BOOLEAN NOT NULL DEFAULT FALSE;
