-- +goose Up
-- How far somebody who signs in sees and acts: 'org' = everything, 'groups' = those of user_group, 'own' = the groups they keep and,
-- while their shift lasts, all. Everybody who was there before sees everything, as before.
ALTER TABLE console_user ADD COLUMN reach TEXT NOT NULL DEFAULT 'org';
CREATE TABLE user_group (
  user_key BIGINT NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (user_key, group_key)
);
CREATE INDEX user_group_group ON user_group (group_key);
