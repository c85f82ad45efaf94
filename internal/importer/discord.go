package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"path"
	"regexp"
	"strings"
	"time"

	"qunluo/internal/community"
)

// discord reads the JSON of DiscordChatExporter (formats.md §13): one channel.
func discord() Format {
	return Format{
		Name:     "discord-json",
		Title:    [2]string{"DiscordChatExporter JSON", "DiscordChatExporter JSON"},
		Platform: "discord",
		Sniff: func(head []byte, _ string) int {
			top, first := topKeys(head)
			switch {
			case top["guild"] && top["channel"]:
				return 97
			case first["timestamp"] && first["author"] && first["timestampEdited"]:
				return 80
			}
			return 0
		},
		Chats: discordChats,
		Read:  readDiscord,
	}
}

// dcHead is what stands beside the messages.
type dcHead struct {
	Guild struct {
		ID   json.RawMessage `json:"id"`
		Name string          `json:"name"`
	}
	Channel struct {
		ID   json.RawMessage `json:"id"`
		Type json.RawMessage `json:"type"`
		Name string          `json:"name"`
	}
	total int64
}

func (h *dcHead) chat(f File) Chat {
	var facts Facts
	id, _ := rawID(h.Channel.ID)
	kind := strings.Trim(string(h.Channel.Type), `"`)
	c := Chat{ID: tidyName(id, &facts), Name: tidyName(h.Channel.Name, &facts), Private: kind == "DirectTextChat" || kind == "1"}
	if guild := tidyName(h.Guild.Name, &facts); guild != "" && guild != "Direct Messages" {
		c.Name = strings.TrimSpace(guild + " #" + c.Name)
	}
	if c.Name == "" {
		c.Name = bareName(f.Path)
	}
	return c
}

// dcWalk goes through a file: the head into h, every message to take (nil: passed over).
func dcWalk(f File, h *dcHead, take func(i int64, raw []byte, whole bool) error) error {
	h.total = -1
	w, closeFile, err := f.walk()
	if err != nil {
		return err
	}
	defer closeFile()
	return w.object(func(key string) error {
		switch {
		case key == "guild":
			return w.into(&h.Guild)
		case key == "channel":
			return w.into(&h.Channel)
		case key == "messageCount":
			raw, _, err := w.capture(64)
			if n, _, ok := wholeNumber(raw); err == nil && ok {
				h.total = n
			}
			return err
		case key == "messages" && take != nil:
			return w.array(func(i int64) error {
				raw, whole, err := w.capture(MaxLine)
				if err != nil {
					return err
				}
				return take(i, raw, whole)
			})
		}
		return w.skip()
	})
}

func discordChats(f File) ([]Chat, error) {
	var h dcHead
	err := dcWalk(f, &h, nil)
	if errors.Is(err, errCut) {
		err = nil // the reading will say so
	}
	return []Chat{h.chat(f)}, err
}

// dcPerson is an author or somebody mentioned.
type dcPerson struct {
	ID       json.RawMessage `json:"id"`
	Name     string          `json:"name"`
	Nickname string          `json:"nickname"`
	Bot      bool            `json:"isBot"`
}

// dcRow is a message.
type dcRow struct {
	ID          json.RawMessage `json:"id"`
	Type        json.RawMessage `json:"type"`
	Timestamp   string          `json:"timestamp"`
	Edited      *string         `json:"timestampEdited"`
	Content     string          `json:"content"`
	Author      dcPerson        `json:"author"`
	Attachments []struct {
		URL  string `json:"url"`
		Name string `json:"fileName"`
	} `json:"attachments"`
	Embeds []struct {
		URL   string `json:"url"`
		Title string `json:"title"`
	} `json:"embeds"`
	Stickers []struct {
		Name string `json:"name"`
	} `json:"stickers"`
	Mentions  []dcPerson `json:"mentions"`
	Reference *struct {
		Message json.RawMessage `json:"messageId"`
		Channel json.RawMessage `json:"channelId"`
	} `json:"reference"`
}

type dcReader struct {
	opt   Options
	facts *Facts
	yield Yield
	chat  Chat
	group community.Ref
	keys  *keyer
	in    names
	row   Row
}

func readDiscord(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "discord", "DiscordChatExporter"
	f := u.Files[0]
	chats, err := discordChats(f)
	if err != nil {
		return err
	}
	r := &dcReader{opt: opt, facts: facts, yield: yield, chat: chats[0]}
	r.group = facts.ref(opt, r.chat.ID, r.chat.Name)
	r.keys = newKeyer(facts.chat)
	var h dcHead
	err = dcWalk(f, &h, r.take) // messageCount stands behind the messages
	if !r.chat.Private || opt.Private {
		facts.OwnTotal = h.total
	}
	return err
}

func (r *dcReader) bad(why string, raw []byte) error {
	r.row.Bad, r.row.Raw = why, raw
	return r.yield(&r.row)
}

func (r *dcReader) take(i int64, raw []byte, whole bool) error {
	r.row = Row{Place: i, Kind: "object"}
	r.facts.Messages++ // the file counts notices too
	var m dcRow
	switch {
	case !whole:
		return r.bad(badLong, raw)
	case json.Unmarshal(raw, &m) != nil:
		return r.bad(badJSON, raw)
	}
	kind := clip(strings.Trim(string(m.Type), `"`), 60)
	r.row.Kind = kind
	if r.chat.Private && !r.opt.Private {
		r.row.Skip = "private"
		return r.yield(&r.row)
	}
	at, err := time.Parse(time.RFC3339Nano, m.Timestamp)
	if err != nil || !r.opt.plausible(at.UnixMilli()) {
		return r.bad(badTime, raw)
	}
	if _, off := at.Zone(); r.facts.Zone == "" {
		r.facts.Zone, r.facts.ZoneHow = offsetName(int64(off)), "file"
	}
	id, ok := rawID(m.ID)
	if !ok {
		return r.bad(badID, raw)
	}
	ev := community.Inbound{Type: community.MessageCreated, Key: r.keys.native(id), OccurredAt: at.UnixMilli(), Group: r.group, Private: r.chat.Private}
	if notice, ok := dcNotices[kind]; ok {
		r.row.Events = []community.Inbound{notice(r, &m, ev)}
	} else {
		r.row.Events = []community.Inbound{r.said(&m, ev, kind, id)}
	}
	return r.yield(&r.row)
}

// dcNotices are the types that are no messages of people. Whoever leaves leaves no trace in the format.
var dcNotices = map[string]func(r *dcReader, m *dcRow, ev community.Inbound) community.Inbound{
	"GuildMemberJoin": (*dcReader).joined, "7": (*dcReader).joined,
	"RecipientAdd": (*dcReader).added, "1": (*dcReader).added,
	"RecipientRemove": (*dcReader).removed, "2": (*dcReader).removed,
	"ChannelNameChange": (*dcReader).retitled, "4": (*dcReader).retitled,
	"Call": (*dcReader).notice, "3": (*dcReader).notice,
	"ChannelIconChange": (*dcReader).notice, "5": (*dcReader).notice,
	"ChannelPinnedMessage": (*dcReader).notice, "6": (*dcReader).notice,
	"ThreadCreated": (*dcReader).notice, "18": (*dcReader).notice,
}

func (r *dcReader) who(p *dcPerson) community.Who {
	id, _ := rawID(p.ID)
	name := r.in.get([]byte(tidyName(p.Name, r.facts)))
	w := community.Who{ID: r.in.get([]byte(tidyName(id, r.facts))), Name: name}
	if card := tidyName(p.Nickname, r.facts); card != name {
		w.Card = r.in.get([]byte(card))
	}
	if p.Bot {
		w.Role = community.RoleBot
	}
	if w.ID == "" {
		if name == "" {
			name = "（无名）"
		}
		return nameOnly(name)
	}
	return w
}

// dcPictures are endings of files that are looked at.
var dcPictures = map[string]community.Class{".png": community.Image, ".jpg": community.Image, ".jpeg": community.Image, ".gif": community.Image, ".webp": community.Image,
	".mp4": community.Video, ".mov": community.Video, ".webm": community.Video, ".mp3": community.Voice, ".ogg": community.Voice, ".wav": community.Voice}

func (r *dcReader) said(m *dcRow, ev community.Inbound, kind, id string) community.Inbound {
	ev.Actor = r.who(&m.Author)
	b := &ev.Body
	b.Text, b.Message, b.Name, b.Card, b.Role = tidy(m.Content, r.facts), id, ev.Actor.Name, ev.Actor.Card, ev.Actor.Role
	if ref := m.Reference; ref != nil {
		channel, _ := rawID(ref.Channel)
		if to, ok := rawID(ref.Message); ok && (channel == "" || channel == r.chat.ID) {
			b.ReplyTo, b.Class = to, community.Reply
		}
	}
	for _, a := range m.Attachments[:min(len(m.Attachments), 100)] {
		class, ok := dcPictures[strings.ToLower(path.Ext(a.Name))]
		if !ok {
			class = community.File
		}
		if b.Text == "" && len(b.Segments) == 0 {
			b.Class = class
		}
		b.Segments = append(b.Segments, community.Segment{Kind: map[community.Class]string{community.Image: "image", community.Video: "video", community.Voice: "audio", community.File: "file"}[class],
			Text: tidyName(a.Name, r.facts), Ref: tidyName(a.URL, r.facts)})
	}
	for _, e := range m.Embeds[:min(len(m.Embeds), 100)] {
		if e.URL != "" {
			b.Segments = append(b.Segments, community.Segment{Kind: "link", Text: tidyName(e.Title, r.facts), Ref: tidyName(e.URL, r.facts)})
		}
	}
	if len(m.Stickers) > 0 && b.Text == "" {
		b.Class, b.Text = community.Sticker, tidyName(m.Stickers[0].Name, r.facts)
	}
	word := ""
	if kind != "Default" && kind != "Reply" && kind != "0" && kind != "19" {
		word = "type:" + kind
	}
	if m.Edited != nil {
		b.Source = source(word, "edited")
	} else {
		b.Source = word
	}
	return ev
}

func (r *dcReader) joined(m *dcRow, ev community.Inbound) community.Inbound {
	ev.Type, ev.Actor = community.MemberJoined, r.who(&m.Author)
	ev.Body = community.Body{Name: ev.Actor.Name, Card: ev.Actor.Card, Role: ev.Actor.Role, Text: tidy(m.Content, r.facts)}
	return ev
}

// added and removed name the person in the mentions; without one the author did it to himself.
func (r *dcReader) added(m *dcRow, ev community.Inbound) community.Inbound {
	ev = r.joined(m, ev)
	if len(m.Mentions) > 0 {
		ev.Actor, ev.By = r.who(&m.Mentions[0]), ev.Actor
		ev.Body.Name, ev.Body.Card, ev.Body.Scene = ev.Actor.Name, ev.Actor.Card, "invite"
	}
	return ev
}

func (r *dcReader) removed(m *dcRow, ev community.Inbound) community.Inbound {
	ev = r.joined(m, ev)
	ev.Type, ev.Body.Reason = community.MemberLeft, "left"
	if len(m.Mentions) > 0 && !bytes.Equal(m.Mentions[0].ID, m.Author.ID) {
		ev.Actor, ev.By = r.who(&m.Mentions[0]), ev.Actor
		ev.Body.Name, ev.Body.Card, ev.Body.Reason = ev.Actor.Name, ev.Actor.Card, "kicked"
	}
	return ev
}

// dcTitle is how the exporter words a new name of the channel.
var dcTitle = regexp.MustCompile(`(?s)^Changed the channel name: (.+?)\.?$`)

func (r *dcReader) retitled(m *dcRow, ev community.Inbound) community.Inbound {
	title := dcTitle.FindStringSubmatch(m.Content)
	if title == nil {
		return r.notice(m, ev)
	}
	ev.Type, ev.Actor = community.GroupUpdated, r.who(&m.Author)
	ev.Body = community.Body{Name: ev.Actor.Name, Text: tidy(m.Content, r.facts), Data: mustJSON(GroupChange{Name: tidyName(title[1], r.facts)})}
	return ev
}

// notice stays as it is worded.
func (r *dcReader) notice(m *dcRow, ev community.Inbound) community.Inbound {
	ev.Type, ev.Actor = community.SystemText, r.who(&m.Author)
	ev.Body = community.Body{Name: ev.Actor.Name, Text: tidy(m.Content, r.facts), Class: community.System, Source: clip(strings.Trim(string(m.Type), `"`), 60)}
	r.facts.Unparsed++
	r.facts.sentence(ev.Body.Text)
	return ev
}
