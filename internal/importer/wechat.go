package importer

import (
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// weChat is what the readers of WeChat exports have in common: a chat, who is known in it, and how a row becomes events.
type weChat struct {
	opt     Options
	facts   *Facts
	yield   Yield
	chat    Chat
	group   community.Ref
	keys    *keyer
	in      names
	roster  *roster
	recalls recalls
	row     Row
	evs     []community.Inbound
}

func newWeChat(chat Chat, opt Options, facts *Facts, yield Yield) *weChat {
	w := &weChat{opt: opt, facts: facts, yield: yield, chat: chat, roster: newRoster()}
	w.group = facts.ref(opt, chat.ID, chat.Name)
	w.keys = newKeyer(facts.chat)
	return w
}

// weChatRow is a row as an exporter has it.
type weChatRow struct {
	place  int64
	kind   string // original type
	id     string // native id; "" = keyed by its content
	at     int64  // UTC ms
	local  int64  // as the file has it, for keys without an id; 0 = at
	sender community.Who
	class  community.Class
	text   string
	words  string // what keys without an id are made of; "" = text
	source string
	seg    []community.Segment
}

func (w *weChat) skip(place int64, kind, why string) error {
	w.row = Row{Place: place, Kind: kind, Skip: why}
	return w.yield(&w.row)
}

func (w *weChat) bad(place int64, kind, why string, raw []byte) error {
	w.row = Row{Place: place, Kind: kind, Bad: why, Raw: raw}
	return w.yield(&w.row)
}

// take makes a row's events: a message, or what a notice says.
func (w *weChat) take(r weChatRow) error {
	w.row = Row{Place: r.place, Kind: r.kind}
	if w.chat.Private && !w.opt.Private {
		w.row.Skip = "private"
		return w.yield(&w.row)
	}
	ev := community.Inbound{Type: community.MessageCreated, OccurredAt: r.at, Group: w.group, Private: w.chat.Private, Actor: r.sender}
	b := &ev.Body
	b.Text, b.Name, b.Class, b.Source, b.Segments = tidy(r.text, w.facts), r.sender.Name, r.class, r.source, r.seg
	if r.id != "" {
		b.Message = tidyName(r.id, w.facts)
		ev.Key = w.keys.native(b.Message)
	} else {
		at, words := r.local, r.words
		if at == 0 {
			at = r.at
		}
		if words == "" {
			words = b.Text
		}
		ev.Key = w.keys.hashed(at, r.sender.ID, words)
	}
	w.evs = w.evs[:0]
	if r.class == community.System {
		ev.Actor, b.Name = community.Who{}, ""
		w.evs = append(w.evs, sentenceEvents(ev, w.roster, &w.recalls, w.opt, w.facts)...)
	} else {
		w.facts.Messages++
		w.recalls.said(ev.Actor.ID, r.at, b.Message)
		w.evs = append(w.evs, ev)
	}
	w.row.Events = w.evs
	return w.yield(&w.row)
}

// who is a sender with an id, or by name alone; without either it is nobody's name.
func (w *weChat) who(id, name string) community.Who {
	id, name = strings.TrimSpace(id), tidyName(strings.TrimSpace(name), w.facts)
	switch {
	case stableWechat([]byte(id)):
		return community.Who{ID: tidyName(w.in.get([]byte(id)), w.facts), Name: w.in.get([]byte(name))}
	case name == "" && id != "":
		name = tidyName(id, w.facts)
	case name == "":
		name = "（无名）"
	}
	return nameOnly(name)
}

// self is the exporter, under the id the file gives if it does.
func (w *weChat) self(id, name string) community.Who {
	switch {
	case w.opt.Self.ID != "":
		return w.opt.Self
	case id != "":
		return w.who(id, name)
	}
	return w.opt.self()
}

// systemSender is how chatlog names the sender of notices.
const systemSender = "系统消息"

// wechatKind unpacks a type that holds the subtype in its high 32 bits, and gives the class and the word for the report.
func wechatKind(kind, sub int64) (class community.Class, word string, known bool) {
	if kind > 1<<32 {
		kind, sub = kind&0xFFFFFFFF, kind>>32
	}
	word = "type " + strconv.FormatInt(kind, 10)
	class, known = wechatClasses[kind]
	if kind == 49 {
		class, known = wechatShares[sub]
		word += "/" + strconv.FormatInt(sub, 10)
	}
	if !known {
		class = community.Other
	}
	return class, word, known
}

// derive: where a rendered time differs from the epoch by whole quarter hours, the difference is the exporter's zone.
func (f *Facts) derive(at, local int64) {
	off := local - at/1000*1000
	if f.Zone == "" && local != 0 && off%(15*60*1000) == 0 && off >= -15*3600_000 && off <= 15*3600_000 {
		f.Zone, f.ZoneHow = offsetName(off/1000), "derived"
	}
}
