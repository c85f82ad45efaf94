package wecom

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

const (
	pageSize  = 1000
	maxNotice = 4096 // bytes of a group's notice that are read
)

// rolls remembers what was read of each group: the version spares a reading when a hint says nothing new, and the list is
// what the next reading is compared with.
type rolls struct {
	mu    sync.Mutex
	known map[string]*roll
}

type roll struct {
	version string
	list    []community.Who
	name    string
	owner   string
	notice  string
	here    map[string]int64 // who was there, and when they joined (UTC ms), when joinings were last told
}

// maxRolls bounds how many groups are remembered; the rest costs one more call each.
const maxRolls = 10_000

func (r *rolls) get(chat string) *roll {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[chat]
}

// put remembers a reading. told says that joinings and departures up to it were told as events.
func (r *rolls) put(chat string, now *roll, told bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= maxRolls {
		r.known = map[string]*roll{}
	}
	if was := r.known[chat]; was != nil && was.here != nil && !told {
		now.here = was.here
	} else {
		now.here = make(map[string]int64, len(now.list))
		for _, who := range now.list {
			now.here[who.ID] = who.JoinedAt
		}
	}
	r.known[chat] = now
}

// chatNow reads a group.
func (s *Session) chatNow(ctx context.Context, id string) (*roll, error) {
	if id == "" || len(id) > maxID {
		return nil, community.Errorf(community.CodeBadInput, "group id of %d bytes", len(id))
	}
	var got struct {
		Chat chat `json:"group_chat"`
	}
	err := s.ask(ctx, func() error {
		return s.api.Read(ctx, "externalcontact/groupchat/get", map[string]any{"chat_id": id, "need_name": 1}, &got)
	})
	if err != nil {
		return nil, err
	}
	people, err := got.Chat.people()
	if err != nil {
		return nil, err
	}
	return &roll{version: got.Chat.Version, list: people, name: wxapi.Clip(got.Chat.Name, maxName), owner: got.Chat.Owner, notice: wxapi.Clip(got.Chat.Notice, maxNotice)}, nil
}

// Members reads a group's full list, with how each came. CodeNotFound: no such group.
func (s *Session) Members(ctx context.Context, group string) ([]community.Who, error) {
	now, err := s.chatNow(ctx, group)
	if err != nil {
		return nil, err
	}
	s.rolls.put(group, now, false)
	return now.list, nil
}

// reread reads a group because something happened there, and tells what: who came, who left and how, its name, and the
// whole list as proof.
func (s *Session) reread(ctx context.Context, group string, quit map[string]string) error {
	was := s.rolls.get(group)
	now, err := s.chatNow(ctx, group)
	if err != nil {
		return err
	}
	at := time.Now().UnixMilli()
	in := s.changes(group, was, now, quit, at)
	list, err := connect.RosterEvent(community.Ref{ID: group, Name: now.name}, now.list, at, community.ID{})
	if err != nil {
		return err
	}
	if !s.offer(ctx, append(in, list)...) {
		return community.Errorf(community.CodeBusy, "group %s: not taken", group)
	}
	s.rolls.put(group, now, true)
	return nil
}

// changes says what happened between two readings. Without an earlier one the list alone must do.
func (s *Session) changes(group string, was, now *roll, quit map[string]string, at int64) []connect.Inbound {
	ref := community.Ref{ID: group, Name: now.name}
	var in []connect.Inbound
	if now.name != "" && (was == nil || was.name != now.name) {
		in = append(in, connect.Inbound{Type: community.GroupUpdated, Key: fmt.Sprintf("name:%s:%d", group, at), OccurredAt: at, Group: ref,
			Body: community.Body{Text: now.name}})
	}
	if was == nil || was.here == nil {
		return in
	}
	here := make(map[string]bool, len(now.list))
	for _, who := range now.list {
		here[who.ID] = true
		if joined, known := was.here[who.ID]; !known || joined != who.JoinedAt {
			in = append(in, joinEvent(ref, who, at))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was.here)) {
		if !here[id] {
			in = append(in, leaveEvent(ref, was.who(id), quit[id], was.here[id], at))
		}
	}
	return in
}

// who is somebody on the list, or only their id.
func (r *roll) who(id string) community.Who {
	for _, who := range r.list {
		if who.ID == id {
			return who
		}
	}
	return community.Who{ID: id}
}

func joinEvent(ref community.Ref, who community.Who, at int64) connect.Inbound {
	when := who.JoinedAt
	if when == 0 || when > at {
		when = at
	}
	return connect.Inbound{
		Type: community.MemberJoined, Key: fmt.Sprintf("join:%s:%s:%d", ref.ID, who.ID, who.JoinedAt), OccurredAt: when, Group: ref, Actor: who,
		By: community.Who{ID: who.Inviter}, Body: community.Body{Scene: who.Scene, State: who.State},
	}
}

func leaveEvent(ref community.Ref, who community.Who, reason string, joined, at int64) connect.Inbound {
	if reason == "" {
		reason = "unknown"
	}
	return connect.Inbound{
		Type: community.MemberLeft, Key: fmt.Sprintf("left:%s:%s:%d", ref.ID, who.ID, joined), OccurredAt: at, Group: ref,
		Actor: community.Who{ID: who.ID, Name: who.Name, Card: who.Card}, Body: community.Body{Reason: reason},
	}
}

// Groups tells which customer groups the app may see: those of the owners in the settings, else all.
func (s *Session) Groups(ctx context.Context) ([]community.Ref, error) {
	ids, err := s.chatIDs(ctx, s.owners)
	if community.CodeOf(err) == community.CodeTooLarge && len(s.owners) == 0 {
		ids, err = s.chatsOfAll(ctx)
	}
	if err != nil {
		return nil, err
	}
	refs := make([]community.Ref, 0, len(ids))
	for _, id := range ids {
		ref := community.Ref{ID: id}
		known := s.rolls.get(id)
		if known == nil {
			if known, err = s.chatNow(ctx, id); err == nil {
				s.rolls.put(id, known, false)
			}
		}
		if err == nil {
			ref.Name = known.name
		} else if passing(err) {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// chatsOfAll reads owner by owner where more than a thousand are visible.
func (s *Session) chatsOfAll(ctx context.Context) ([]string, error) {
	owners, err := s.followers(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string
	for len(owners) > 0 {
		n := min(len(owners), 100)
		some, err := s.chatIDs(ctx, owners[:n])
		if err != nil {
			return nil, err
		}
		ids, owners = append(ids, some...), owners[n:]
	}
	return ids, nil
}

func (s *Session) chatIDs(ctx context.Context, owners []string) ([]string, error) {
	var ids []string
	seen := map[string]bool{}
	for cursor := ""; ; {
		body := map[string]any{"status_filter": 0, "limit": pageSize}
		if len(owners) > 0 {
			body["owner_filter"] = map[string]any{"userid_list": owners}
		}
		if cursor != "" {
			body["cursor"] = cursor
		}
		var got struct {
			List []struct {
				ID string `json:"chat_id"`
			} `json:"group_chat_list"`
			Next string `json:"next_cursor"`
		}
		if err := s.ask(ctx, func() error { return s.api.Read(ctx, "externalcontact/groupchat/list", body, &got) }); err != nil {
			return nil, err
		}
		for _, g := range got.List {
			if g.ID != "" && len(g.ID) <= maxID && !seen[g.ID] {
				seen[g.ID] = true
				ids = append(ids, g.ID)
			}
		}
		if got.Next == "" || got.Next == cursor || len(got.List) == 0 {
			return ids, nil
		}
		cursor = got.Next
	}
}

// followers are the employees who may have contacts.
func (s *Session) followers(ctx context.Context) ([]string, error) {
	var got struct {
		Users []string `json:"follow_user"`
	}
	err := s.ask(ctx, func() error { return s.api.Get(ctx, "externalcontact/get_follow_user_list", url.Values{}, &got) })
	return got.Users, err
}
