-- +goose Up
-- Which language model a text came from, '' = none: what is sent of it bears the mark.
ALTER TABLE broadcast ADD COLUMN ai TEXT NOT NULL DEFAULT '';
ALTER TABLE topic ADD COLUMN ai TEXT NOT NULL DEFAULT '';
