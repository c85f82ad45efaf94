package connect

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"qunluo/internal/community"
)

// RosterEvent is a group's full list, read at a time (UTC ms), as an event; caused is the action that asked for it.
func RosterEvent(group community.Ref, people []community.Who, at int64, caused community.ID) (Inbound, error) {
	data, err := json.Marshal(people)
	if err != nil {
		return Inbound{}, err
	}
	return Inbound{
		Type: community.RosterRead, Key: "roster:" + group.ID + ":" + strconv.FormatInt(at, 10), OccurredAt: at, Group: group,
		Body: community.Body{Data: data, Caused: caused},
	}, nil
}

// Roster answers a ListMember with the list that was read: it comes as an event. CodeUnreachable: there was no room for it.
func (f *Feed) Roster(ctx context.Context, a community.Action, people []community.Who) (Receipt, error) {
	in, err := RosterEvent(community.Ref{ID: a.To.Group}, people, time.Now().UnixMilli(), a.ID)
	if err != nil {
		return Receipt{}, err
	}
	if err := f.Put(ctx, in); err != nil {
		return Receipt{}, community.Errorf(community.CodeUnreachable, "list read, no room for it: %w", err)
	}
	return Receipt{State: community.Confirmed}, nil
}
