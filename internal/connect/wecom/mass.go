package wecom

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// Bounds of a mass send.
const (
	maxMassGroups = 2000 // of one sender
	maxMassText   = 4000 // bytes
	maxAttached   = 9
	maxOpenMasses = 500
)

const (
	watchEach = 2 * time.Minute     // how often confirmations are looked for
	watchFor  = 14 * 24 * time.Hour // how long
)

// mass is a mass send on its way: kept under its first part's id.
type mass struct {
	Lead      string               `json:"lead"`
	Action    community.ID         `json:"action,omitzero"`
	Group     string               `json:"group,omitempty"` // the action's
	Parts     []community.MassPart `json:"parts"`
	Created   int64                `json:"created"`
	Reminders []int64              `json:"reminders,omitempty"`
	Over      bool                 `json:"over,omitempty"`
}

// masses are the mass sends that wait, and what the groups' quotas have left.
type masses struct {
	turn chan struct{} // held by whoever makes, reminds, cancels or looks: two sends never share the last of a quota
	mu   sync.Mutex
	open map[string]*mass
	used usage
}

// hold waits for the turn; call what it gives when done.
func (m *masses) hold(ctx context.Context) (func(), error) {
	select {
	case m.turn <- struct{}{}:
		return func() { <-m.turn }, nil
	case <-ctx.Done():
		return nil, community.Errorf(community.CodeUnreachable, "waiting for another mass send: %w", ctx.Err())
	}
}

// load reads what was kept.
func (m *masses) load(ctx context.Context, k connect.Keeper) error {
	kept, err := k.Kept(ctx, "mass/")
	if err != nil {
		return err
	}
	quotas, err := k.Kept(ctx, "quota")
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open, m.used = map[string]*mass{}, usage{}
	for _, raw := range kept {
		var one mass
		if json.Unmarshal(raw, &one) == nil && one.Lead != "" {
			m.open[one.Lead] = &one
		}
	}
	if raw, ok := quotas["quota"]; ok {
		return json.Unmarshal(raw, &m.used)
	}
	return nil
}

// keepMass writes a mass send down; one that is over is forgotten after its last reminder's day.
func (s *Session) keepMass(ctx context.Context, one *mass) error {
	raw, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return s.keeper.Keep(ctx, massName(one.Lead), raw)
}

func (s *Session) keepUsage(ctx context.Context) error {
	s.masses.mu.Lock()
	s.masses.used.forget(time.Now())
	raw, err := json.Marshal(s.masses.used)
	s.masses.mu.Unlock()
	if err != nil {
		return err
	}
	return s.keeper.Keep(ctx, "quota", raw)
}

// send is a message to one group: a mass send to it alone. What is said to one member is not worth a group's quota: a
// person says it.
func (s *Session) send(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.Mention || a.Target != 0 || a.ReplyTo != "" {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "a word to one member cannot be sent by program")
	}
	a.Args = nil
	return s.massSend(ctx, a)
}

// massSend makes the platform ask the owners to send (企业群发). Groups of several owners make several parts, which are
// one mass send for us. Groups whose quota is used up do not get it; when no group has quota left, nothing is made.
func (s *Session) massSend(ctx context.Context, a community.Action) (connect.Receipt, error) {
	order, err := readOrder(a)
	if err != nil {
		return connect.Receipt{}, err
	}
	letter, err := letterOf(a)
	if err != nil {
		return connect.Receipt{}, err
	}
	if err := s.attach(ctx, a, letter); err != nil {
		return connect.Receipt{}, err
	}
	release, err := s.masses.hold(ctx)
	if err != nil {
		return connect.Receipt{}, err
	}
	defer release()
	s.masses.mu.Lock()
	full, err := s.masses.used.spent(s.quota, order.Groups, time.Now())
	if err == nil && len(s.masses.open) >= maxOpenMasses {
		err = community.Errorf(community.CodeLimited, "%d mass sends wait for confirmation: confirm or cancel some", len(s.masses.open))
	}
	s.masses.mu.Unlock()
	if err != nil {
		return connect.Receipt{}, err
	}
	order.Groups = without(order.Groups, full)
	senders, err := s.senders(ctx, order)
	if err != nil {
		return connect.Receipt{}, err
	}
	one := &mass{Action: a.ID, Group: a.To.Group, Created: time.Now().UnixMilli()}
	for _, sender := range slices.Sorted(maps.Keys(senders)) {
		if err := s.addPart(ctx, one, sender, senders[sender], letter); err != nil {
			return connect.Receipt{}, err
		}
	}
	if len(full) > 0 {
		one.Parts = append(one.Parts, community.MassPart{Failed: full, At: one.Created, Why: community.MassQuota})
		if err := s.keepMass(ctx, one); err != nil {
			return connect.Receipt{}, community.Errorf(community.CodeTimeout, "mass send %s is made, but cannot be written down: %w", one.Lead, err)
		}
	}
	return one.receipt(community.Acked)
}

func readOrder(a community.Action) (community.MassOrder, error) {
	var order community.MassOrder
	if len(a.Args) > 0 && json.Unmarshal(a.Args, &order) != nil {
		return order, community.Errorf(community.CodeBadInput, "mass send: the order cannot be read")
	}
	if len(order.Groups) == 0 && a.To.Group != "" {
		order.Groups = []string{a.To.Group}
	}
	slices.Sort(order.Groups)
	order.Groups = slices.Compact(order.Groups)
	if len(order.Groups) == 0 || len(order.Groups) > maxMassGroups {
		return order, community.Errorf(community.CodeBadInput, "mass send: %d groups, want 1 to %d", len(order.Groups), maxMassGroups)
	}
	return order, nil
}

// letterOf is what is sent: a text and links. Pictures, films and files are attached when their content was fetched; what
// there is only an address of a person attaches.
func letterOf(a community.Action) (map[string]any, error) {
	text, links := a.Text, []map[string]any{}
	if slices.ContainsFunc(a.Segments, func(seg community.Segment) bool { return seg.Kind == "text" }) {
		text = "" // Text then says the same in words alone
	}
	for _, seg := range a.Segments {
		switch seg.Kind {
		case "text":
			text += seg.Text
		case "link":
			links = append(links, map[string]any{"msgtype": "link", "link": map[string]any{"title": wxapi.Clip(seg.Text, 128), "url": seg.Ref}})
		default:
			if seg.File != nil && attachable[seg.Kind] != nil {
				continue
			}
			return nil, community.Errorf(community.CodeUnsupported, "mass send: %q cannot be attached by program", wxapi.Clip(seg.Kind, 20))
		}
	}
	switch {
	case text == "" && len(links) == 0 && !slices.ContainsFunc(a.Segments, func(seg community.Segment) bool { return seg.File != nil }):
		return nil, community.Errorf(community.CodeBadInput, "mass send: nothing to say")
	case len(text) > maxMassText:
		return nil, community.Errorf(community.CodeTooLarge, "mass send: a text of %d bytes, at most %d", len(text), maxMassText)
	case len(links) > maxAttached:
		return nil, community.Errorf(community.CodeTooLarge, "mass send: %d links, at most %d", len(links), maxAttached)
	}
	letter := map[string]any{"chat_type": "group", "text": map[string]any{"content": text}}
	if len(links) > 0 {
		letter["attachments"] = links
	}
	return letter, nil
}

// senders says who must confirm for which groups.
func (s *Session) senders(ctx context.Context, order community.MassOrder) (map[string][]string, error) {
	if order.Sender != "" {
		return map[string][]string{order.Sender: order.Groups}, nil
	}
	out := map[string][]string{}
	for _, chat := range order.Groups {
		now := s.rolls.get(chat)
		if now == nil {
			var err error
			if now, err = s.chatNow(ctx, chat); err != nil {
				return nil, err
			}
			s.rolls.put(chat, now, false)
		}
		if now.owner == "" {
			return nil, community.Errorf(community.CodeConflict, "group %s has no owner who could confirm", chat)
		}
		out[now.owner] = append(out[now.owner], chat)
	}
	return out, nil
}

// addPart asks one sender. A refusal after the first part marks its groups as failed and goes on: what was made is made.
func (s *Session) addPart(ctx context.Context, one *mass, sender string, chats []string, letter map[string]any) error {
	body := maps.Clone(letter)
	body["sender"], body["chat_id_list"] = sender, chats
	var got struct {
		ID     string   `json:"msgid"`
		Failed []string `json:"fail_list"`
	}
	began := time.Now()
	err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/add_msg_template", body, &got) })
	if community.CodeOf(err) == community.CodeTimeout && ctx.Err() == nil {
		got.ID, err = s.findMass(ctx, began, sender, letter, err)
	}
	if err != nil && (one.Lead == "" || community.CodeOf(err) == community.CodeTimeout) {
		return err
	}
	part := community.MassPart{ID: got.ID, Sender: sender, Groups: chats, Failed: got.Failed}
	if err != nil {
		part.Groups, part.Failed, part.At = nil, chats, time.Now().UnixMilli()
	}
	if len(part.Failed) > 0 {
		part.Why = community.MassRefused
	}
	part.Groups = slices.DeleteFunc(slices.Clone(part.Groups), func(chat string) bool { return slices.Contains(part.Failed, chat) })
	one.Parts = append(one.Parts, part)
	if one.Lead == "" {
		one.Lead = got.ID
	}
	s.masses.mu.Lock()
	s.masses.open[one.Lead] = one
	s.masses.used.use(part.Groups, one.Created)
	s.masses.mu.Unlock()
	if err := s.keepMass(ctx, one); err != nil {
		return community.Errorf(community.CodeTimeout, "mass send %s is made, but cannot be written down: %w", one.Lead, err)
	}
	return s.keepUsage(ctx)
}

// findMass looks for a mass send whose answer was lost: made since, with the same words, for the same sender, not ours yet.
func (s *Session) findMass(ctx context.Context, began time.Time, sender string, letter map[string]any, lost error) (string, error) {
	var got struct {
		List []struct {
			ID      string `json:"msgid"`
			Created int64  `json:"create_time"`
			Text    struct {
				Content string `json:"content"`
			} `json:"text"`
		} `json:"group_msg_list"`
	}
	body := map[string]any{"chat_type": "group", "start_time": began.Unix() - 60, "end_time": time.Now().Unix() + 60, "filter_type": 0, "limit": 100}
	if err := s.ask(ctx, func() error { return s.api.Read(ctx, "externalcontact/get_groupmsg_list_v2", body, &got) }); err != nil {
		return "", lost
	}
	words := letter["text"].(map[string]any)["content"]
	for _, m := range got.List {
		if m.Text.Content != words || s.masses.knows(m.ID) {
			continue
		}
		tasks, err := s.massTasks(ctx, m.ID)
		if err == nil && slices.ContainsFunc(tasks, func(t massTask) bool { return t.User == sender }) {
			return m.ID, nil
		}
	}
	return "", lost
}

func (m *masses) knows(id string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, one := range m.open {
		if slices.ContainsFunc(one.Parts, func(p community.MassPart) bool { return p.ID == id }) {
			return true
		}
	}
	return false
}

// receipt says how a mass send stands.
func (one *mass) receipt(state community.State) (connect.Receipt, error) {
	data, err := json.Marshal(community.MassMade{Parts: one.Parts, Reminded: len(recently(one.Reminders, time.Now()))})
	return connect.Receipt{State: state, Message: one.Lead, Data: data}, err
}

// named finds a mass send by its lead; one that is not ours is taken as it is called, so that it can be reminded and
// cancelled too.
func (s *Session) named(lead string) (*mass, error) {
	if lead == "" || len(lead) > maxID {
		return nil, community.Errorf(community.CodeBadInput, "mass send: no id")
	}
	s.masses.mu.Lock()
	defer s.masses.mu.Unlock()
	if one := s.masses.open[lead]; one != nil {
		return one, nil
	}
	return &mass{Lead: lead, Parts: []community.MassPart{{ID: lead}}, Created: time.Now().UnixMilli()}, nil
}

// massRemind asks those who have not confirmed once more.
func (s *Session) massRemind(ctx context.Context, a community.Action) (connect.Receipt, error) {
	release, err := s.masses.hold(ctx)
	if err != nil {
		return connect.Receipt{}, err
	}
	defer release()
	one, err := s.named(a.Message)
	if err != nil {
		return connect.Receipt{}, err
	}
	if err := remindable(one.Reminders, time.Now()); err != nil {
		return connect.Receipt{}, err
	}
	asked := 0
	for _, part := range one.Parts {
		if part.At != 0 {
			continue
		}
		if err := s.ask(ctx, func() error {
			return s.api.Write(ctx, "externalcontact/remind_groupmsg_send", map[string]any{"msgid": part.ID}, nil)
		}); err != nil {
			return connect.Receipt{}, err
		}
		asked++
	}
	if asked == 0 {
		return connect.Receipt{}, community.Errorf(community.CodeConflict, "mass send %s is confirmed by everybody", one.Lead)
	}
	s.masses.mu.Lock()
	one.Reminders = append(recently(one.Reminders, time.Now()), time.Now().UnixMilli())
	s.masses.open[one.Lead] = one
	s.masses.mu.Unlock()
	if err := s.keepMass(ctx, one); err != nil {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "reminded, but it cannot be written down: %w", err)
	}
	return one.receipt(community.Acked)
}

// dropPart says that what a part's sender has not confirmed will not be sent.
func dropPart(part *community.MassPart, why string) {
	part.Failed, part.Groups, part.At, part.Why = append(part.Failed, part.Groups...), nil, time.Now().UnixMilli(), why
}

// massCancel stops what is not confirmed yet; what was sent stays sent.
func (s *Session) massCancel(ctx context.Context, a community.Action) (connect.Receipt, error) {
	release, err := s.masses.hold(ctx)
	if err != nil {
		return connect.Receipt{}, err
	}
	defer release()
	one, err := s.named(a.Message)
	if err != nil {
		return connect.Receipt{}, err
	}
	for i := range one.Parts {
		part := &one.Parts[i]
		if part.At != 0 {
			continue
		}
		if err := s.ask(ctx, func() error {
			return s.api.Write(ctx, "externalcontact/cancel_groupmsg_send", map[string]any{"msgid": part.ID}, nil)
		}); err != nil {
			return connect.Receipt{}, err
		}
		s.masses.mu.Lock()
		s.masses.used.giveBack(part.Groups, one.Created)
		dropPart(part, community.MassCancelled)
		s.masses.mu.Unlock()
	}
	if err := s.settle(ctx, one); err != nil {
		return connect.Receipt{}, err
	}
	if err := s.keepUsage(ctx); err != nil {
		return connect.Receipt{}, community.Errorf(community.CodeTimeout, "cancelled, but it cannot be written down: %w", err)
	}
	return one.receipt(community.Confirmed)
}
