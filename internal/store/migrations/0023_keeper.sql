-- +goose Up
-- The person of ours (id as text) who looks after a group and is told first of what waits there; '' = whoever is on duty.
ALTER TABLE chat_group ADD COLUMN keeper TEXT NOT NULL DEFAULT '';
