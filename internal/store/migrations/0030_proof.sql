-- +goose Up
-- The number of the event that proved what an action or a task asked for (0 = none, or a person's word): once that event is
-- taken back, it waits again.
ALTER TABLE action ADD COLUMN proved_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN proved_by BIGINT NOT NULL DEFAULT 0;
CREATE INDEX action_proved ON action (group_key) WHERE proved_by > 0;
CREATE INDEX task_proved ON task (group_key) WHERE proved_by > 0;
