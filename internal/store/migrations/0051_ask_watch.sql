-- +goose Up
-- How long (minutes) a question of a group may stay open before somebody is told, and who; since (UTC ms) older ones are left out.
CREATE TABLE ask_watch (group_key BIGINT PRIMARY KEY, minutes BIGINT NOT NULL, user_id TEXT NOT NULL, since BIGINT NOT NULL);
-- Questions somebody was told of: number in the log, and the alarm that names them.
CREATE TABLE ask_notice (question BIGINT PRIMARY KEY, group_key BIGINT NOT NULL, alarm_id BYTEA NOT NULL, at BIGINT NOT NULL);
CREATE INDEX ask_notice_alarm ON ask_notice (alarm_id);
