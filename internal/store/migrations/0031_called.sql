-- +goose Up
-- What a member is called now; name stays the one first known.
ALTER TABLE member ADD COLUMN called TEXT NOT NULL DEFAULT '';
UPDATE member SET called = name;
