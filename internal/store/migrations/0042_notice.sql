-- +goose Up
-- Which alarm told people of a decision, by alarm's id; empty = nobody was to be told, and why says why not. at is when that was
-- settled, UTC ms.
CREATE TABLE hit_notice (decision_id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, why TEXT NOT NULL, alarm_id BYTEA NOT NULL, at BIGINT NOT NULL);
CREATE INDEX hit_notice_group ON hit_notice (group_key, at);
CREATE INDEX hit_notice_alarm ON hit_notice (alarm_id);
