-- +goose Up
-- Changes with the figure that they should move and the day on which that is looked at. effect is what was seen when somebody decided.
CREATE TABLE adjustment (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, ref TEXT NOT NULL, metric TEXT NOT NULL,
  down BOOLEAN NOT NULL, share_by DOUBLE PRECISION NOT NULL, at BIGINT NOT NULL, day BIGINT NOT NULL, review BIGINT NOT NULL, user_id TEXT NOT NULL, state TEXT NOT NULL,
  decided BIGINT NOT NULL, decider TEXT NOT NULL, note TEXT NOT NULL, effect JSONB NOT NULL, task_id BYTEA NOT NULL
);
CREATE INDEX adjustment_org ON adjustment (org_key, at);
CREATE INDEX adjustment_state ON adjustment (state, review);
