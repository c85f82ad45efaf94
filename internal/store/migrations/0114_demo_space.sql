-- +goose Up
-- Demonstrations that stand beside a real organisation: which organisation each is, whose it is, and how far its loading or its leaving
-- has come. The organisation itself is marked in org.demo when it is made. state: loading, ready or leaving; done and total count steps.
CREATE TABLE demo_space (
  org_key BIGINT PRIMARY KEY, home_key BIGINT NOT NULL, user_id TEXT NOT NULL, seed BIGINT NOT NULL, days BIGINT NOT NULL, state TEXT NOT NULL,
  step TEXT NOT NULL, done BIGINT NOT NULL, total BIGINT NOT NULL, error TEXT NOT NULL, began BIGINT NOT NULL, ended BIGINT NOT NULL
);
-- Jobs of a lane are run by whoever loads that organisation, with a clock of its own; 0 = by everybody.
ALTER TABLE job ADD COLUMN lane BIGINT NOT NULL DEFAULT 0;
