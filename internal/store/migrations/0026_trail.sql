-- +goose Up
-- What people did besides speaking is a view (views.trail): an index of the log costs every message.
DROP INDEX event_trail;
