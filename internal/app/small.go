package app

import (
	"fmt"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
)

func subjectOf(kind string, key int64) string { return fmt.Sprintf("%s:%d", kind, key) }

func checkZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" {
		return community.Errorf(community.CodeBadInput, "zone: no time zone %q", name)
	}
	return nil
}

func freezeChange(org community.OrgKey, g community.GroupKey) console.Change {
	return console.Change{Org: org, Kind: "freeze", Group: g}
}
