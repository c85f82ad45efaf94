-- +goose Up
-- When somebody else first scanned the poster of who has an arm (UTC ms; 0 = nobody yet).
ALTER TABLE experiment_unit ADD COLUMN scanned_at BIGINT NOT NULL DEFAULT 0;
