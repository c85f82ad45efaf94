-- +goose Up
-- Who was shown the way into a group and is perhaps not in it yet: when (UTC ms), and how many members it had then. n counts
-- within the group; its row 0 stands for nobody: whoever chooses a place takes their turn with it.
CREATE TABLE coming (group_key BIGINT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, members BIGINT NOT NULL, PRIMARY KEY (group_key, n));
