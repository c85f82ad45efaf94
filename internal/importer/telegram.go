package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"qunluo/internal/community"
)

// telegram reads result.json of Telegram Desktop (formats.md §12): one chat, or an account export with chats.list.
func telegram() Format {
	return Format{
		Name:     "telegram-json",
		Title:    [2]string{"Telegram 桌面版 result.json", "Telegram Desktop result.json"},
		Platform: "telegram",
		Sniff:    sniffTelegram,
		Chats:    telegramChats,
		Zoneless: func(head []byte, _ string) bool {
			return bytes.Contains(head, []byte(`"date"`)) && !bytes.Contains(head, []byte(`"date_unixtime"`))
		},
		Read: readTelegram,
	}
}

func sniffTelegram(head []byte, path string) int {
	top, first := topKeys(head)
	switch {
	case top["chatlab"]:
		return 0
	case top["about"] && (top["personal_information"] || top["contacts"] || top["chats"] || top["left_chats"]):
		return 92
	case first["date"] && first["id"] && first["type"] && (first["text"] || first["action"]):
		return 95
	case top["name"] && top["type"] && top["id"] && top["messages"] && strings.HasSuffix(path, "result.json"):
		return 80
	}
	return 0
}

// tgPrivate are the types of chats that are no group.
var tgPrivate = map[string]bool{"personal_chat": true, "saved_messages": true, "bot_chat": true, "verification_codes": true, "replies": true}

// tgChat walks one chat's object: head fields into c, every message to fn (nil: skipped).
func tgChat(w *walk, c *tgHead, fn func(i int64) error) error {
	return w.object(func(key string) (err error) {
		switch key {
		case "id":
			c.id, err = w.text()
		case "name":
			c.name, err = w.text()
		case "type":
			c.kind, err = w.text()
		case "messages":
			if fn == nil {
				return w.skip()
			}
			return w.array(fn)
		default:
			return w.skip()
		}
		return err
	})
}

type tgHead struct{ id, name, kind string }

// tgEach calls one for every chat of a file, which must take the chat's object.
func tgEach(f File, one func(w *walk, i int64) error) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if top, err := tgTop(f); err != nil {
		return err
	} else if top == nil {
		return one(newWalk(&cleaner{r: in}), 1)
	}
	n := int64(0)
	w := newWalk(&cleaner{r: in})
	return w.object(func(key string) error {
		if key != "chats" && key != "left_chats" {
			return w.skip()
		}
		return w.object(func(key string) error {
			if key != "list" {
				return w.skip()
			}
			return w.array(func(int64) error {
				n++
				return one(w, n)
			})
		})
	})
}

// tgTop gives the first keys of an account export, nil for a single chat.
func tgTop(f File) (map[string]bool, error) {
	head, err := readHead(f)
	if err != nil {
		return nil, err
	}
	top, first := topKeys(head)
	if len(first) > 0 || top["messages"] {
		return nil, nil
	}
	return top, nil
}

// maxChats bounds the chats of an account export.
const maxChats = 2000

func telegramChats(f File) ([]Chat, error) {
	var out []Chat
	err := tgEach(f, func(w *walk, i int64) error {
		var c tgHead
		err := tgChat(w, &c, nil)
		if len(out) < maxChats {
			out = append(out, Chat{ID: c.id, Name: clip(c.name, MaxName), Private: tgPrivate[c.kind], Index: int(i)})
		}
		return err
	})
	if errors.Is(err, errCut) {
		err = nil // the reading will say so
	}
	if len(out) == 0 && err == nil {
		err = &Fault{Code: faultNoChat}
	}
	return out, err
}

// tgMessage is a message or service row. text is a string or an array of strings and objects.
type tgMessage struct {
	ID        json.RawMessage `json:"id"`
	Type      string          `json:"type"`
	Date      string          `json:"date"`
	Unix      json.RawMessage `json:"date_unixtime"`
	From      *string         `json:"from"`
	FromID    json.RawMessage `json:"from_id"`
	Actor     *string         `json:"actor"`
	ActorID   json.RawMessage `json:"actor_id"`
	Action    string          `json:"action"`
	Title     string          `json:"title"`
	Inviter   *string         `json:"inviter"`
	Members   []*string       `json:"members"`
	ReplyTo   json.RawMessage `json:"reply_to_message_id"`
	Text      json.RawMessage `json:"text"`
	Photo     string          `json:"photo"`
	File      string          `json:"file"`
	MediaType string          `json:"media_type"`
	Forwarded json.RawMessage `json:"forwarded_from"`
	Location  json.RawMessage `json:"location_information"`
	Contact   json.RawMessage `json:"contact_information"`
	Sticker   string          `json:"sticker_emoji"`
	ReplyPeer json.RawMessage `json:"reply_to_peer_id"`
}

type tgReader struct {
	opt   Options
	facts *Facts
	yield Yield
	group community.Ref
	zone  *zone // for rows without an epoch
	keys  *keyer
	chat  Chat
	row   Row
	evs   []community.Inbound
}

func readTelegram(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "telegram", "Telegram Desktop"
	r := &tgReader{opt: opt, facts: facts, yield: yield, chat: u.Chat}
	if r.chat.Index == 0 {
		chats, err := telegramChats(u.Files[0])
		if err != nil {
			return err
		}
		r.chat = chats[0]
	}
	r.group = facts.ref(opt, tidyName(r.chat.ID, facts), tidyName(r.chat.Name, facts))
	r.keys = newKeyer(r.facts.chat)
	return tgEach(u.Files[0], func(w *walk, i int64) error {
		if i != int64(r.chat.Index) {
			return w.skip()
		}
		var c tgHead
		return tgChat(w, &c, func(i int64) error { return r.message(w, i) })
	})
}

func (r *tgReader) bad(why string, raw []byte) error {
	r.row.Bad, r.row.Raw = why, raw
	if r.row.Kind == "" {
		r.row.Kind = "object"
	}
	return r.yield(&r.row)
}

func (r *tgReader) message(w *walk, i int64) error {
	raw, whole, err := w.capture(MaxLine)
	if err != nil {
		return err
	}
	r.row = Row{Place: i}
	if !whole {
		return r.bad(badLong, raw)
	}
	var m tgMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return r.bad(badJSON, raw)
	}
	r.row.Kind = m.Type
	if m.Action != "" {
		r.row.Kind += " " + clip(m.Action, 60)
	}
	if r.chat.Private && !r.opt.Private {
		r.row.Skip = "private"
		return r.yield(&r.row)
	}
	at, mark, err := r.time(&m)
	if err != nil {
		return r.bad(err.Error(), raw)
	}
	id, plain := rawID(m.ID)
	if !plain {
		return r.bad(badID, raw)
	}
	ev := community.Inbound{Type: community.MessageCreated, Key: r.keys.native(id), OccurredAt: at, Group: r.group, Private: r.chat.Private}
	ev.Body.Source = mark
	r.evs = r.evs[:0]
	switch m.Type {
	case "service":
		r.service(&m, ev)
	default:
		r.said(&m, ev, id)
	}
	r.row.Events = r.evs
	return r.yield(&r.row)
}

// rawID reads an id that is a number or a text.
func rawID(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", false
	}
	s, err := labText(raw)
	return clip(s, MaxName), err == nil && s != ""
}

// time prefers the epoch; where a rendered time stands beside it, their difference is the exporter's zone.
func (r *tgReader) time(m *tgMessage) (at int64, mark string, err error) {
	local, hasLocal := localTime(m.Date)
	n, _, ok := wholeNumber(m.Unix)
	switch {
	case len(m.Unix) > 0 && ok:
		at = epoch(n)
		if off := local - at; hasLocal && r.facts.Zone == "" && off%(15*60*1000) == 0 && off >= -15*3600_000 && off <= 15*3600_000 {
			r.facts.Zone, r.facts.ZoneHow = offsetName(off/1000), "derived"
		}
	case !hasLocal:
		return 0, "", labError(badTime)
	default:
		if r.zone == nil {
			if r.zone, err = zoneFor(r.opt, "", r.facts); err != nil {
				return 0, "", err
			}
		}
		at, mark = r.zone.instant(local), r.zone.mark
	}
	if !r.opt.plausible(at) {
		return 0, "", labError(badTime)
	}
	return at, mark, nil
}

// tgWho is an id with a name; null names are deleted accounts.
func (r *tgReader) who(id json.RawMessage, name *string) community.Who {
	var w community.Who
	if name != nil {
		w.Name = tidyName(*name, r.facts)
	}
	if got, ok := rawID(id); ok {
		w.ID = tidyName(got, r.facts)
		return w
	}
	if w.Name == "" {
		w.Name = "已注销账号 deleted account"
	}
	return nameOnly(w.Name)
}

// tgClasses are kinds of media.
var tgClasses = map[string]community.Class{"voice_message": community.Voice, "audio_file": community.File, "video_message": community.Video,
	"video_file": community.Video, "sticker": community.Sticker, "animation": community.Image}

func (r *tgReader) said(m *tgMessage, ev community.Inbound, id string) {
	r.facts.Messages++
	ev.Actor = r.who(m.FromID, m.From)
	b := &ev.Body
	b.Name, b.Message = ev.Actor.Name, id
	if len(m.ReplyPeer) == 0 { // else the answered message stands in another chat
		b.ReplyTo, _ = rawID(m.ReplyTo)
	}
	b.Text, b.Segments = r.text(m.Text)
	if b.Text == "" {
		b.Text = m.Sticker
	}
	class, isMedia := tgClasses[m.MediaType]
	switch {
	case isMedia:
		b.Class = class
	case m.Photo != "":
		b.Class = community.Image
	case len(m.Location) > 0:
		b.Class = community.Location
	case len(m.Contact) > 0:
		b.Class = community.Card
	case m.File != "":
		b.Class = community.File
	case m.Type != "message":
		b.Class = community.Other
	}
	kind := ""
	if len(m.Forwarded) > 0 {
		kind = "forwarded"
	}
	if m.Type != "message" {
		kind = "type:" + clip(m.Type, 40)
	}
	b.Source = source(kind, b.Source)
	r.evs = append(r.evs, ev)
}

// tgPiece is a formatted part of a text.
type tgPiece struct {
	Type   string          `json:"type"`
	Text   string          `json:"text"`
	Href   string          `json:"href"`
	UserID json.RawMessage `json:"user_id"`
}

// text joins a message's pieces. Pieces that lead somewhere their words do not show (links behind words, mentions by
// id) are kept as segments.
func (r *tgReader) text(raw json.RawMessage) (string, []community.Segment) {
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		return tidy(plain, r.facts), nil
	}
	var parts []json.RawMessage
	if json.Unmarshal(raw, &parts) != nil {
		return "", nil
	}
	var words strings.Builder
	var segs []community.Segment
	rich := false
	for _, p := range parts {
		var t tgPiece
		if json.Unmarshal(p, &t.Text) != nil && json.Unmarshal(p, &t) != nil {
			continue
		}
		words.WriteString(t.Text)
		seg := community.Segment{Kind: "text", Text: tidy(t.Text, r.facts)}
		if id, ok := rawID(t.UserID); ok {
			seg.Kind, seg.Ref, rich = "at", id, true
		} else if t.Href != "" {
			seg.Kind, seg.Ref, rich = "link", tidyName(t.Href, r.facts), true
		}
		if len(segs) < 500 {
			segs = append(segs, seg)
		}
	}
	if !rich {
		segs = nil
	}
	return tidy(words.String(), r.facts), segs
}

// service reads a notice. Members are display names, never ids.
func (r *tgReader) service(m *tgMessage, base community.Inbound) {
	actor := r.who(m.ActorID, m.Actor)
	s := &sentence{base: base}
	s.base.Body.Text = ""
	switch m.Action {
	case "join_group_by_link":
		by := community.Who{}
		if m.Inviter != nil && *m.Inviter != "Group" {
			by = nameOnly(tidyName(*m.Inviter, r.facts))
		}
		s.join(actor, by, "link", 0)
	case "join_group_by_request":
		s.join(actor, community.Who{}, "request", 0)
	case "invite_members":
		r.invite(s, actor, m)
	case "remove_members":
		r.remove(s, actor, m)
	case "edit_group_title":
		s.retitled(actor, tidyName(m.Title, r.facts))
	default:
		s.base.Actor = actor
		s.base.Body.Name, s.base.Body.Text = actor.Name, clip(strings.TrimSpace(m.Action+" "+tidyName(m.Title, r.facts)), MaxName)
		r.facts.Unparsed++
		r.facts.sentence(s.base.Body.Text)
		s.plain()
	}
	for i := range s.out {
		s.out[i].Body.Source = source(clip(m.Action, 60), s.out[i].Body.Source)
	}
	r.evs = append(r.evs, s.out...)
}

func (r *tgReader) members(m *tgMessage) []community.Who {
	var out []community.Who
	for _, name := range m.Members[:min(len(m.Members), maxListed)] {
		out = append(out, r.who(nil, name))
	}
	return out
}

// itself reports whether the actor acted on himself alone.
func itself(actor community.Who, people []community.Who) bool {
	return len(people) == 0 || len(people) == 1 && people[0].Name == actor.Name
}

func (r *tgReader) invite(s *sentence, actor community.Who, m *tgMessage) {
	people := r.members(m)
	if itself(actor, people) {
		s.join(actor, community.Who{}, "", 0)
		return
	}
	s.invited(actor, people)
}

func (r *tgReader) remove(s *sentence, actor community.Who, m *tgMessage) {
	people := r.members(m)
	if !itself(actor, people) {
		s.kicked(people, actor)
		return
	}
	ev := s.event(community.MemberLeft, "leave", 0)
	ev.Actor = actor
	ev.Body.Reason, ev.Body.Name = "left", actor.Name
}
