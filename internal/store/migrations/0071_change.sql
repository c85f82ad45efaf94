-- +goose Up
-- What stood before each change of an SOP, a way in, the size of a group and the limits of sending, so that it may be taken back. subject is
-- what a reference of an adjustment begins with ("sop:<id>", "code:<id>", "cap:<group>", "limits"), n the number that ends it; of an SOP it
-- is the version that the change made.
CREATE TABLE change_past (
  org_key BIGINT NOT NULL, subject TEXT NOT NULL, n BIGINT NOT NULL, group_key BIGINT NOT NULL, what TEXT NOT NULL, body JSONB NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (org_key, subject, n)
);
