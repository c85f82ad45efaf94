-- +goose Up
-- Projections read the decisions of a range of events.
CREATE INDEX decision_event ON decision (event_number);
