-- +goose Up
-- Members' reports. A case is all reports about one message, or of one member without a message (member_key 0 = nobody was
-- found to be meant). weight and total are percent of one reporter of standing; the words stand in the reports' events.
CREATE TABLE report_case (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, event_number BIGINT NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL, decision_id BYTEA NOT NULL, opened BIGINT NOT NULL, last_at BIGINT NOT NULL, total BIGINT NOT NULL, need BIGINT NOT NULL, flags TEXT NOT NULL,
  settled BIGINT NOT NULL, settled_by TEXT NOT NULL, answer TEXT NOT NULL, strike_id BYTEA NOT NULL
);
CREATE INDEX report_case_org ON report_case (org_key, last_at);
CREATE INDEX report_case_member ON report_case (member_key);
CREATE INDEX report_case_decision ON report_case (decision_id);
CREATE TABLE report (
  event_number BIGINT PRIMARY KEY, case_id BYTEA NOT NULL, group_key BIGINT NOT NULL, reporter_key BIGINT NOT NULL, user_name TEXT NOT NULL, way TEXT NOT NULL,
  verified BOOLEAN NOT NULL, at BIGINT NOT NULL, weight BIGINT NOT NULL, why TEXT NOT NULL
);
CREATE INDEX report_of_case ON report (case_id);
CREATE INDEX report_reporter ON report (reporter_key);
CREATE INDEX report_group ON report (group_key, at);
