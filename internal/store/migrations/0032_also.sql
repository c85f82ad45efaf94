-- +goose Up
-- The platform's ids of what else a send became, as JSON ('' = nothing): some platforms cut one message into several.
ALTER TABLE action ADD COLUMN also TEXT NOT NULL DEFAULT '';
