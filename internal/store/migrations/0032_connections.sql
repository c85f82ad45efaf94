-- +goose Up
-- What goes with a turn of an SOP besides its text, as its step had it when the turn was laid out; that of a mass send stands
-- with the mass send.
ALTER TABLE broadcast_target ADD COLUMN link TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN link_title TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN pieces TEXT NOT NULL DEFAULT '';
ALTER TABLE broadcast_target ADD COLUMN by_link BOOLEAN NOT NULL DEFAULT FALSE;
-- The files that the steps of an SOP name now: they are kept as long as they do.
CREATE TABLE sop_file (sop_id BYTEA NOT NULL, upload_id BYTEA NOT NULL, PRIMARY KEY (sop_id, upload_id));
CREATE INDEX sop_file_upload ON sop_file (upload_id);
-- The number of the event that proved what an action or a task asked for (0 = none, or a person's word): once that event is
-- taken back, it waits again.
ALTER TABLE action ADD COLUMN proved_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN proved_by BIGINT NOT NULL DEFAULT 0;
CREATE INDEX action_proved ON action (group_key) WHERE proved_by > 0;
CREATE INDEX task_proved ON task (group_key) WHERE proved_by > 0;
-- Who was shown the way into a group and is perhaps not in it yet: when (UTC ms), and how many members it had then. n counts
-- within the group; its row 0 stands for nobody: whoever chooses a place takes their turn with it.
CREATE TABLE coming (group_key BIGINT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, members BIGINT NOT NULL, PRIMARY KEY (group_key, n));
-- The platform's ids of what else a send became, as JSON ('' = nothing): some platforms cut one message into several.
ALTER TABLE action ADD COLUMN also TEXT NOT NULL DEFAULT '';
