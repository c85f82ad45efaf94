package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// chatlabLines reads ChatLab v0.0.2 JSONL (formats.md §7), one object per line.
func chatlabLines() Format {
	return Format{
		Name:  "chatlab-jsonl",
		Title: [2]string{"ChatLab JSONL", "ChatLab JSONL"},
		Sniff: sniffChatlabLines,
		Chats: chatlabLineChats,
		Read:  readChatlabLines,
	}
}

// chatlabLineChats takes the chat's name from the header, which is the first line that is no comment.
func chatlabLineChats(f File) ([]Chat, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var h labHead
	for l := newLines(in); ; {
		line, err := l.next()
		if err != nil {
			break // what is wrong with the file is said when it is read
		}
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		if json.Unmarshal(line, &h) != nil {
			h = labHead{}
		}
		break
	}
	return []Chat{h.Meta.chat(f)}, nil
}

func sniffChatlabLines(head []byte, path string) int {
	for _, line := range headLines(head, 50) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		var o labObject
		var in names
		if err := o.parse(line, &in); err != nil {
			return 0
		}
		switch {
		case o.Kind == "header":
			return 98
		case o.Kind == "member", o.Kind == "message" && o.Sender != "" && o.HasTime:
			return 80 // the rest of a larger file
		}
		return 0
	}
	return 0
}

// labHead is the head of a ChatLab file.
type labHead struct {
	Chatlab struct {
		Version    json.RawMessage `json:"version"`
		ExportedAt json.RawMessage `json:"exportedAt"`
		Generator  string          `json:"generator"`
	} `json:"chatlab"`
	Meta labMeta `json:"meta"`
	Own  *labOwn `json:"x_qunluo"`
}

type labMeta struct {
	Name     string `json:"name"`
	Platform string `json:"platform"`
	Type     string `json:"type"`
	GroupID  string `json:"groupId"`
}

// chat is the chat of a file with this head.
func (m *labMeta) chat(f File) Chat {
	var facts Facts
	c := Chat{ID: tidyName(m.GroupID, &facts), Name: tidyName(m.Name, &facts), Platform: m.platform(&facts), Private: m.Type == "private"}
	if c.Name == "" {
		c.Name = bareName(f.Path)
	}
	return c
}

func (m *labMeta) platform(facts *Facts) community.Platform {
	p := community.Platform(strings.ToLower(tidyName(m.Platform, facts)))
	if p == "weixin" {
		return "wechat"
	}
	return p
}

// labOwn marks a file of our own: events are restored from x_qunluo, nothing is derived from names or members.
type labOwn struct {
	Format int `json:"format"`
}

// labReader turns ChatLab objects into events.
type labReader struct {
	opt      Options
	facts    *Facts
	yield    Yield
	file     string
	head     bool // seen
	own      bool
	private  bool
	wechat   bool
	exported int64 // UTC ms; 0 = not said
	group    community.Ref
	keys     *keyer
	in       names
	roster   *roster
	known    map[string]labName // names last seen, by platformId
	members  []labMember
	row      Row
	evs      []community.Inbound
	obj      labObject
	recalls  recalls
}

type labName struct{ name, card string }

type labMember struct {
	labName
	id    string
	role  community.Role
	place int64
}

func newLabReader(u *Unit, opt Options, facts *Facts, yield Yield) *labReader {
	facts.OwnTotal = -1
	return &labReader{opt: opt, facts: facts, yield: yield, file: u.Files[0].Path, roster: newRoster(),
		known: map[string]labName{}, evs: make([]community.Inbound, 0, 8)}
}

// header takes chatlab, meta and our own mark. Without a header the file's name stands for the group's.
func (r *labReader) header(h labHead) {
	r.head = true
	r.facts.Version = strings.Trim(string(h.Chatlab.Version), `"`)
	r.facts.Exporter = h.Chatlab.Generator
	if n, _, ok := wholeNumber(h.Chatlab.ExportedAt); ok {
		r.exported = epoch(n)
	}
	r.own = h.Own != nil
	r.private = h.Meta.Type == "private"
	r.facts.Platform = h.Meta.platform(r.facts)
	r.wechat = r.facts.Platform == "wechat"
	name := tidyName(h.Meta.Name, r.facts)
	if name == "" {
		name = bareName(r.file)
	}
	r.group = r.facts.ref(r.opt, tidyName(h.Meta.GroupID, r.facts), name)
	r.keys = newKeyer(r.facts.chat)
}

// bareName is a file's name without folders and ending.
func bareName(path string) string {
	path = path[strings.LastIndexByte(path, '/')+1:]
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		path = path[:i]
	}
	return path
}

func readChatlabLines(u *Unit, opt Options, facts *Facts, yield Yield) error {
	in, err := u.Files[0].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	r := newLabReader(u, opt, facts, yield)
	l := newLines(in)
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return r.end()
		}
		if err != nil {
			return err
		}
		if err := r.line(line, l); err != nil {
			return err
		}
	}
}

func (r *labReader) line(line []byte, l *lines) error {
	r.row = Row{Place: l.n}
	if l.long {
		return r.bad(badLong, line)
	}
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return r.skip("blank", "empty")
	}
	if line[0] == '#' {
		return r.skip("comment", "comment")
	}
	if err := r.obj.parse(line, &r.in); err != nil {
		return r.bad(badObject(err), line)
	}
	switch r.obj.Kind {
	case "header":
		return r.headerLine(line)
	case "member":
		return r.member(line)
	case "message":
		return r.message(line)
	}
	return r.bad(badKind, line)
}

func (r *labReader) headerLine(line []byte) error {
	var h labHead
	if r.head {
		return r.bad(badHeader, line)
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return r.bad(badObject(err), line)
	}
	r.header(h)
	return r.skip("header", "header")
}

func (r *labReader) skip(kind, why string) error {
	r.row.Kind, r.row.Skip = kind, why
	return r.yield(&r.row)
}

func (r *labReader) bad(why string, raw []byte) error {
	r.row.Kind, r.row.Bad, r.row.Raw = "line", why, raw
	return r.yield(&r.row)
}

func (r *labReader) counted() {
	if r.obj.NumbersText > 0 {
		r.facts.fix("number_as_text")
	}
	if r.obj.Replaced {
		r.facts.fix("invalid_replaced")
	}
}

// member notes a member; its event comes at the end, at the time of the export, because that is when it was true.
func (r *labReader) member(line []byte) error {
	o := &r.obj
	if o.Sender == "" {
		return r.bad(badSender, line)
	}
	r.counted()
	m := labMember{id: tidyName(o.Sender, r.facts), place: r.row.Place,
		labName: labName{tidyName(o.Name, r.facts), tidyName(o.Card, r.facts)}, role: labRole(o.Roles)}
	r.roster.add(m.id, m.name, m.card)
	switch {
	case r.own:
		return r.skip("member", "own_export")
	case r.private && !r.opt.Private:
		return r.skip("member", "private")
	case r.exported == 0 || !r.opt.plausible(r.exported):
		return r.skip("member", "no_export_time")
	case len(r.members) >= maxNames:
		return r.skip("member", "too_many_members")
	}
	r.members = append(r.members, m)
	return nil
}

func labRole(raw json.RawMessage) community.Role {
	var roles []struct {
		ID string `json:"id"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &roles) != nil {
		return community.RoleNone
	}
	got := community.RoleMember
	for _, r := range roles {
		switch r.ID {
		case "owner":
			return community.RoleOwner
		case "admin":
			got = community.RoleAdmin
		}
	}
	return got
}

// end makes the members' events.
func (r *labReader) end() error {
	if !r.head {
		r.header(labHead{})
	}
	for i := range r.members {
		m := &r.members[i]
		ev := community.Inbound{Type: community.MemberUpdated, OccurredAt: r.exported, Group: r.group,
			Actor: community.Who{ID: m.id, Name: m.name, Card: m.card, Role: m.role},
			Body:  community.Body{Name: m.name, Card: m.card, Role: m.role, Source: "member"}}
		// No time in the key: a later export adds an event only for whom something changed.
		ev.Key = newKeyer(r.facts.chat).hashed(0, m.id, "member\x00"+m.name+"\x00"+m.card+"\x00"+string(m.role))
		r.row = Row{Place: m.place, Kind: "member", Events: append(r.evs[:0], ev)}
		if err := r.yield(&r.row); err != nil {
			return err
		}
	}
	return nil
}

// labKinds names the types for the report.
var labKinds = map[int64]string{0: "0 text", 1: "1 image", 2: "2 voice", 3: "3 video", 4: "4 file", 5: "5 sticker", 7: "7 link",
	8: "8 location", 20: "20 red packet", 21: "21 transfer", 22: "22 poke", 23: "23 call", 24: "24 share", 25: "25 reply",
	26: "26 forward", 27: "27 card", 80: "80 system", 81: "81 recall", 99: "99 other"}

func (r *labReader) message(raw []byte) error {
	o := &r.obj
	if !r.head {
		r.header(labHead{})
	}
	kind, known := labKinds[o.Type]
	if !known {
		kind = strconv.FormatInt(o.Type, 10)
	}
	if r.private && !r.opt.Private {
		return r.skip(kind, "private")
	}
	if len(o.Own) > 0 {
		return r.restore(kind, raw)
	}
	if !o.HasTime {
		return r.bad(badTime, raw)
	}
	at := epoch(o.Time)
	if !r.opt.plausible(at) {
		return r.bad(badTime, raw)
	}
	if o.Sender == "" && o.Type != int64(community.System) {
		return r.bad(badSender, raw)
	}
	if !o.HasType {
		o.Type, kind = int64(community.Other), "none"
		r.facts.fix("type_missing")
	}
	r.counted()
	r.row.Kind = kind
	r.evs = r.evs[:0]
	ev := r.base(at, known)
	r.renamed(&ev)
	switch {
	case o.Type == int64(community.System):
		r.system(ev)
	case o.Type == int64(community.Recalled):
		ev.Type = community.MessageDeleted
		ev.Body.Message = o.MessageID
		r.evs = append(r.evs, ev)
	default:
		r.facts.Messages++
		r.recalls.said(ev.Actor.ID, at, o.MessageID)
		r.evs = append(r.evs, ev)
	}
	r.row.Events = r.evs
	return r.yield(&r.row)
}

// base is what the format's own fields say: a message by its sender.
func (r *labReader) base(at int64, known bool) community.Inbound {
	o := &r.obj
	ev := community.Inbound{Type: community.MessageCreated, OccurredAt: at, Group: r.group, Private: r.private}
	sender, name, card := o.Sender, o.Name, o.Card
	if len(sender) > 64 || len(name) > 64 || len(card) > 64 || o.Replaced {
		sender, name, card = tidyName(sender, r.facts), tidyName(name, r.facts), tidyName(card, r.facts)
	}
	ev.Actor = community.Who{ID: sender, Name: name, Card: card}
	b := &ev.Body
	b.Text, b.Name, b.Card = tidy(o.Content, r.facts), name, card
	b.Class = community.Class(o.Type)
	if !known {
		b.Class = community.Other
		b.Source = "type:" + strconv.FormatInt(o.Type, 10)
	}
	b.ReplyTo = tidyName(o.ReplyTo, r.facts)
	if o.MessageID != "" {
		id := tidyName(o.MessageID, r.facts)
		ev.Key = r.keys.native(id)
		b.Message = ev.Key[len(ev.Key)-len(id):]
	} else {
		ev.Key = r.keys.hashed(at, sender, b.Text)
	}
	return ev
}

// renamed compares a sender's names with those last seen and makes an event of the difference.
func (r *labReader) renamed(ev *community.Inbound) {
	who := &ev.Actor
	if r.own || who.ID == "" || ev.Body.Class == community.System || who.Name == "" && who.Card == "" {
		return
	}
	now := labName{who.Name, who.Card}
	was, seen := r.known[who.ID]
	if seen && was == now {
		return
	}
	if len(r.known) >= maxNames {
		clear(r.known)
	}
	r.known[who.ID] = now
	r.roster.add(who.ID, now.name, now.card)
	if !seen {
		return
	}
	change := Renamed{"card", was.card, now.card}
	if was.name != now.name {
		change = Renamed{"name", was.name, now.name}
	}
	up := *ev
	up.Type, up.Key = community.MemberUpdated, ev.Key+"/rename"
	up.Body = community.Body{Name: now.name, Card: now.card, Source: "rename", Data: mustJSON(change)}
	r.evs = append(r.evs, up)
}

// system reads a notice: a known sentence of WeChat makes its events, everything else stays system text.
func (r *labReader) system(ev community.Inbound) {
	ev.Body.Class = community.System
	if r.wechat {
		r.evs = append(r.evs, sentenceEvents(ev, r.roster, &r.recalls, r.opt, r.facts)...)
		return
	}
	r.facts.Unparsed++
	r.facts.sentence(ev.Body.Text)
	ev.Type = community.SystemText
	r.evs = append(r.evs, ev)
}
