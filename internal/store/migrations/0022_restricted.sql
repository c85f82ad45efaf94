-- +goose Up
-- What the platform said when it began to hold the account back; '' = it does not, or said nothing.
ALTER TABLE account ADD COLUMN restricted_why TEXT NOT NULL DEFAULT '';
