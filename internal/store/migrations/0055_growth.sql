-- +goose Up
-- How much of a group's talk its members began, by month of the group's zone ("2006-01"): counts alone, read from the log once. state
-- holds where the talk of each import (0 = live) stood at seq.
CREATE TABLE growth_month (group_key BIGINT NOT NULL, month TEXT NOT NULL, messages BIGINT NOT NULL, by_members BIGINT NOT NULL, PRIMARY KEY (group_key, month));
CREATE TABLE growth_read (group_key BIGINT PRIMARY KEY, seq BIGINT NOT NULL, state JSONB NOT NULL);
