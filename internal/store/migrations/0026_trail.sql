-- +goose Up
-- What people did besides speaking is a view (views.trail): an index of the log costs every message.
DROP INDEX event_trail;
-- Long ids that several platforms may share, for suggestions of who is one human.
CREATE INDEX alias_shared ON alias (org_key, external_id) WHERE kind = 'member' AND realm = '' AND length(external_id) >= 16;
