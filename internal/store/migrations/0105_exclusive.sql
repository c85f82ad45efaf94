-- +goose Up
-- The groups to whose current members an exclusive item of the library opens.
CREATE TABLE library_group (item BYTEA NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (item, group_key));
-- On which devices (a hash of what the device keeps) a personal address opened an exclusive item.
CREATE TABLE library_device (token TEXT NOT NULL, device TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (token, device));
-- That an exclusive item may go to a group that is none of its own, and why.
CREATE TABLE library_release (item BYTEA NOT NULL, group_key BIGINT NOT NULL, reason TEXT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (item, group_key));
