-- +goose Up
-- Why a person had been asked before a task lost its words because they hold something exclusive: that is what it is again once it is released.
-- '' = it never had any.
ALTER TABLE task ADD COLUMN was TEXT NOT NULL DEFAULT '';
