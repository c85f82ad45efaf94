-- +goose Up
-- mark is what a person said a member is: 'bot', 'staff' or 'member'; '' = nobody said anything. bot follows it.
ALTER TABLE member ADD COLUMN mark TEXT NOT NULL DEFAULT '';
CREATE INDEX member_marked ON member (key) WHERE bot OR mark <> '';
-- Which groups' logs hold a member's mark: the belt tells the others when the member appears there.
CREATE TABLE member_told (group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (group_key, member_key));
-- In which hours (bits 0 to 23) of a UTC day a connection was online: that nothing was heard is then known.
CREATE TABLE account_online (account_key BIGINT NOT NULL, day BIGINT NOT NULL, hours BIGINT NOT NULL, PRIMARY KEY (account_key, day));
