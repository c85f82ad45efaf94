package wecom

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

var _ connect.Surveyor = (*Session)(nil)

// DesksThere reads the contacts of every employee.
func (s *Session) DesksThere(ctx context.Context) ([]connect.DeskThere, error) {
	employees, err := s.followers(ctx)
	if err != nil {
		return nil, err
	}
	var out []connect.DeskThere
	for _, employee := range employees {
		if employee == "" || len(employee) > maxID {
			continue
		}
		one := connect.DeskThere{Desk: desk(s.corp, employee), Employee: employee}
		var list []customer
		if list, one.Err = s.customers(ctx, employee); ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, c := range list {
			if c.Contact.ID != "" && len(c.Contact.ID) <= maxID {
				one.People = append(one.People, community.Who{ID: c.Contact.ID, Name: wxapi.Clip(c.Contact.Name, maxName), Card: wxapi.Clip(c.Follow.Remark, maxName)})
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// ReadDesk reads an employee's contacts and tells the list; an empty one ends the relations too.
func (s *Session) ReadDesk(ctx context.Context, employee string) error {
	if employee == "" || len(employee) > maxID {
		return community.Errorf(community.CodeBadInput, "employee: an id of %d bytes", len(employee))
	}
	return s.readDesk(ctx, employee, true)
}

// ChatsThere reads every group that the app may see, also those of owners whom the settings leave out.
func (s *Session) ChatsThere(ctx context.Context) ([]connect.ChatThere, error) {
	ids, err := s.chatIDs(ctx, nil)
	if community.CodeOf(err) == community.CodeTooLarge {
		ids, err = s.chatsOfAll(ctx)
	}
	if err != nil {
		return nil, err
	}
	employees, err := s.followers(ctx)
	if err != nil {
		return nil, err
	}
	var out []connect.ChatThere
	for _, id := range ids {
		one, err := s.chatThere(ctx, id, employees)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case community.CodeOf(err) == community.CodeNotFound:
			continue // it ended between the list and the reading
		case err != nil:
			one.Err = err
		}
		out = append(out, one)
	}
	return out, nil
}

// ChatThere reads one group.
func (s *Session) ChatThere(ctx context.Context, id string) (connect.ChatThere, error) {
	employees, err := s.followers(ctx)
	if err != nil {
		return connect.ChatThere{}, err
	}
	return s.chatThere(ctx, id, employees)
}

func (s *Session) chatThere(ctx context.Context, id string, employees []string) (connect.ChatThere, error) {
	now, err := s.chatNow(ctx, id)
	if err != nil {
		return connect.ChatThere{ID: id}, err
	}
	return connect.ChatThere{ID: id, Name: now.name, Owner: now.owner, Notice: now.notice, People: now.list,
		OwnerLeft: !slices.Contains(employees, now.owner), Chosen: len(s.owners) == 0 || slices.Contains(s.owners, now.owner)}, nil
}

// handing is a wish to hand something over, kept so that it can be followed until both sides agree.
type handing struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	At     int64    `json:"at"`   // UTC ms
	Left   bool     `json:"left"` // contacts: the giver had left
	Groups []string `json:"groups,omitempty"`
}

// handingsKept is how long a hand-over is followed, and how many are.
const (
	handingsKept = 60 * 24 * time.Hour
	maxHandings  = 500
	handedName   = "handed"
)

func (s *Session) handings(ctx context.Context) ([]handing, error) {
	kept, err := s.keeper.Kept(ctx, handedName)
	if err != nil {
		return nil, err
	}
	var list []handing
	if raw, ok := kept[handedName]; ok {
		err = json.Unmarshal(raw, &list)
	}
	return list, err
}

// keepHanding notes a hand-over before it is asked for; one between the same two replaces the earlier.
func (s *Session) keepHanding(ctx context.Context, h handing) error {
	s.handingMu.Lock()
	defer s.handingMu.Unlock()
	list, err := s.handings(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	h.At = now.UnixMilli()
	list = slices.DeleteFunc(list, func(was handing) bool {
		if now.Sub(time.UnixMilli(was.At)) > handingsKept {
			return true
		}
		return was.From == h.From && was.To == h.To && (was.Groups == nil) == (h.Groups == nil) && (h.Groups == nil || slices.Equal(was.Groups, h.Groups))
	})
	list = append(list, h)
	list = list[max(0, len(list)-maxHandings):]
	raw, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return s.keeper.Keep(ctx, handedName, raw)
}

// HandedThere asks the platform how far each hand-over is.
func (s *Session) HandedThere(ctx context.Context) ([]connect.HandedThere, error) {
	list, err := s.handings(ctx)
	if err != nil {
		return nil, err
	}
	var out []connect.HandedThere
	for _, h := range list {
		if h.Groups == nil {
			out = append(out, s.handedContacts(ctx, h)...)
		} else {
			out = append(out, s.handedGroups(ctx, h)...)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return out, nil
}

func (s *Session) handedGroups(ctx context.Context, h handing) []connect.HandedThere {
	var out []connect.HandedThere
	for _, id := range h.Groups {
		one := connect.HandedThere{Kind: "group", ID: id, Name: id, From: h.From, To: h.To, Asked: h.At, Left: true, State: connect.HandedRefused}
		now, err := s.chatNow(ctx, id)
		switch {
		case community.CodeOf(err) == community.CodeNotFound:
			one.State = connect.HandedNone
		case err != nil:
			one.Err = err
		default:
			one.Name = now.name
			if now.owner == h.To {
				one.State = connect.HandedDone
			}
		}
		out = append(out, one)
	}
	return out
}

// handedStates are the platform's numbers for how far a contact is (documents 94088 and 94082; unverified).
var handedStates = map[int]string{1: connect.HandedDone, 2: connect.HandedWaiting, 3: connect.HandedRefused, 4: connect.HandedFull, 5: connect.HandedNone}

func (s *Session) handedContacts(ctx context.Context, h handing) []connect.HandedThere {
	path := "externalcontact/transfer_result"
	if h.Left {
		path = "externalcontact/resigned/transfer_result"
	}
	type result struct {
		ID     string `json:"external_userid"`
		Status int    `json:"status"`
	}
	list, err := paged(ctx, s, path, map[string]any{"handover_userid": h.From, "takeover_userid": h.To}, func(raw []byte) ([]result, error) {
		var got struct {
			List []result `json:"customer"`
		}
		return got.List, json.Unmarshal(raw, &got)
	})
	if err != nil {
		return []connect.HandedThere{{Kind: "contact", ID: h.From + " → " + h.To, From: h.From, To: h.To, Asked: h.At, Left: h.Left, Err: err}}
	}
	var out []connect.HandedThere
	for _, r := range list {
		state := handedStates[r.Status]
		if state == "" || r.ID == "" || len(r.ID) > maxID {
			continue
		}
		out = append(out, connect.HandedThere{Kind: "contact", ID: r.ID, From: h.From, To: h.To, Asked: h.At, State: state, Left: h.Left})
	}
	return out
}

// TagsThere tells what differs of the contacts' tags.
func (s *Session) TagsThere(ctx context.Context) (out []connect.Difference, looked int, unread []string, err error) {
	byID, _, err := s.tagNames(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	list, looked, unread, err := s.drifts(ctx)
	for _, d := range list {
		one := connect.Difference{Subject: d.contact, Name: d.name, Owner: d.employee, Here: namesOf(d.here, byID), There: namesOf(d.there, byID), Why: d.why}
		for _, act := range d.acts() {
			if act.Args["by"] == "there" {
				one.Take = &act
			} else {
				one.Push = &act
			}
		}
		out = append(out, one)
	}
	return out, looked, unread, err
}

// WelcomesThere tells what differs of the group welcomes.
func (s *Session) WelcomesThere(ctx context.Context) (out []connect.Difference, looked int, unread []string, err error) {
	all, err := s.greetings(ctx)
	if err != nil {
		return nil, 0, nil, err
	}
	for _, id := range sortedKeys(all) {
		here := all[id]
		there, err := s.greetingThere(ctx, id)
		if ctx.Err() != nil {
			return nil, 0, nil, ctx.Err()
		}
		if err != nil {
			unread = append(unread, id)
			continue
		}
		looked++
		if there != nil && *there == here {
			continue
		}
		by := func(side string) *connect.Act {
			return &connect.Act{Chore: "welcome.settle", Args: map[string]string{"template": id, "by": side}}
		}
		one := connect.Difference{Subject: id, Name: wxapi.Clip(here.Text, 60), Here: wxapi.Clip(here.line(), 300), Why: "gone", Take: by("there")}
		if there != nil {
			one.There, one.Why, one.Push = wxapi.Clip(there.line(), 300), "both", by("here")
		} else {
			one.Push = &connect.Act{Chore: "welcome.renew", Args: map[string]string{"template": id}}
		}
		out = append(out, one)
	}
	return out, looked, unread, nil
}

// contactRemark writes an employee's remark of a contact there, and tells it here once it stands.
func (s *Session) contactRemark(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	employee, contact, remark := args["employee"], args["contact"], strings.TrimSpace(args["remark"])
	if len(employee) > maxID || len(contact) > maxID {
		return connect.Outcome{}, community.Errorf(community.CodeBadInput, "an id is too long")
	}
	if len([]rune(remark)) > maxRemark {
		return connect.Outcome{}, community.Errorf(community.CodeTooLarge, "remark: at most %d characters", maxRemark)
	}
	body := map[string]any{"userid": employee, "external_userid": contact, "remark": remark}
	if err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/remark", body, nil) }); err != nil {
		return connect.Outcome{}, err
	}
	return connect.Outcome{Say: [2]string{"备注已写到企业微信，并重新读回。", "The remark is written to WeCom and read back."}}, s.readDesk(ctx, employee, true)
}

// maxRemark is how many characters a remark has at most (unverified).
const maxRemark = 20
