package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"qunluo/internal/community"
)

// chatlog reads the JSON answers of chatlog's HTTP export (formats.md §8): an array of messages, of one chat or several.
func chatlog() Format {
	return Format{
		Name:     "chatlog-json",
		Title:    [2]string{"chatlog JSON（微信）", "chatlog JSON (WeChat)"},
		Platform: "wechat",
		Sniff: func(head []byte, _ string) int {
			keys := firstKeys(head)
			switch {
			case keys["talker"] && keys["seq"] && keys["time"]:
				return 97
			case len(keys) == 0 && bytes.Contains(head, []byte(`"talker":`)) && bytes.Contains(head, []byte(`"isChatRoom":`)):
				return 60 // an error text in front of the array
			}
			return 0
		},
		Chats: chatlogChats,
		Read:  readChatlog,
	}
}

// chatlogRow is a message. time is RFC 3339 with an offset; seq begins with the second, then counts.
type chatlogRow struct {
	Seq        json.RawMessage `json:"seq"`
	Time       string          `json:"time"`
	Talker     string          `json:"talker"`
	TalkerName string          `json:"talkerName"`
	ChatRoom   bool            `json:"isChatRoom"`
	Sender     string          `json:"sender"`
	SenderName string          `json:"senderName"`
	Self       bool            `json:"isSelf"`
	Type       int64           `json:"type"`
	SubType    int64           `json:"subType"`
	Content    string          `json:"content"`
	Contents   struct {
		Title string `json:"title"`
		URL   string `json:"url"`
		Host  string `json:"host"`
	} `json:"contents"`
}

// chatlogEach calls take for every element of a file, from 1. Of an element that is too long or no object row is nil.
func chatlogEach(f File, take func(i int64, row *chatlogRow, raw []byte, why string) error) error {
	w, closeFile, err := f.walk()
	if err != nil {
		return err
	}
	defer closeFile()
	if c, err := w.peek(); err != nil || c != '[' {
		if err == nil {
			err = &Fault{Code: faultRefused, What: f.Shown()}
		}
		return err
	}
	return w.array(func(i int64) error {
		raw, whole, err := w.capture(MaxLine)
		if err != nil {
			return err
		}
		var row chatlogRow
		switch {
		case !whole:
			return take(i, nil, raw, badLong)
		case json.Unmarshal(raw, &row) != nil:
			return take(i, nil, raw, badJSON)
		}
		return take(i, &row, raw, "")
	})
}

func chatlogChats(f File) ([]Chat, error) {
	var facts Facts
	var list chatList
	err := chatlogEach(f, func(_ int64, row *chatlogRow, _ []byte, _ string) error {
		if row != nil {
			id := tidyName(row.Talker, &facts)
			list.add(row.Talker, Chat{ID: id, Name: tidyName(row.TalkerName, &facts), Private: !row.ChatRoom && !strings.HasSuffix(id, "@chatroom")})
		}
		return nil
	})
	if errors.Is(err, errCut) {
		err = nil // the reading will say so
	}
	return list.done(f), err
}

// chatList gathers the chats of a file in the order of their first rows.
type chatList struct {
	seen map[string]bool
	list []Chat
}

func (l *chatList) add(key string, c Chat) {
	if l.seen[key] || len(l.list) >= maxChats {
		return
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[key] = true
	c.key, c.Index = key, len(l.list)+1
	l.list = append(l.list, c)
}

// done gives them: a single one is the file's.
func (l *chatList) done(f File) []Chat {
	switch len(l.list) {
	case 0:
		return []Chat{{Name: bareName(f.Path)}}
	case 1:
		l.list[0].Index = 0
	}
	return l.list
}

func readChatlog(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "wechat", "chatlog"
	f, chat := u.Files[0], u.Chat
	if chat.ID == "" && chat.Name == "" {
		chats, err := chatlogChats(f)
		if err != nil {
			return err
		}
		chat = chats[0]
	}
	w := newWeChat(chat, opt, facts, yield)
	here := func(row *chatlogRow) bool { return chat.Index == 0 || row.Talker == chat.key }
	err := chatlogEach(f, func(_ int64, row *chatlogRow, _ []byte, _ string) error {
		if row != nil && here(row) && row.Sender != systemSender && stableWechat([]byte(row.Sender)) {
			w.roster.add(w.in.get([]byte(row.Sender)), w.in.get([]byte(row.SenderName)))
		}
		return nil
	})
	if err != nil && !errors.Is(err, errCut) {
		return err
	}
	return chatlogEach(f, func(i int64, row *chatlogRow, raw []byte, why string) error {
		switch {
		case row != nil && !here(row), row == nil && chat.Index > 1:
			return nil // of another chat
		case row == nil:
			return w.bad(i, "object", why, raw)
		}
		return w.chatlog(i, row, raw)
	})
}

func (w *weChat) chatlog(i int64, row *chatlogRow, raw []byte) error {
	class, kind, known := wechatKind(row.Type, row.SubType)
	seq, _, ok := wholeNumber(row.Seq)
	at := seq
	if t, err := time.Parse(time.RFC3339, row.Time); err == nil {
		if w.facts.Zone == "" {
			_, off := t.Zone()
			w.facts.Zone, w.facts.ZoneHow = offsetName(int64(off)), "file"
		}
		if !ok || seq < 1e11 {
			at = t.UnixMilli()
		}
	}
	at = at / 1000 * 1000 // the last digits of seq count, they are no milliseconds
	if !w.opt.plausible(at) {
		return w.bad(i, kind, badTime, raw)
	}
	out := weChatRow{place: i, kind: kind, at: at, class: class, text: row.Content}
	if ok && seq > 0 {
		out.id = strings.Trim(string(row.Seq), `"`)
	}
	if !known {
		out.source = strings.Replace(kind, " ", ":", 1)
	}
	switch {
	case row.Sender == systemSender || class == community.System:
		out.class = community.System
	case row.Self:
		out.sender = w.self(row.Sender, row.SenderName)
	default:
		out.sender = w.who(row.Sender, row.SenderName)
	}
	if c := row.Contents; out.text == "" && (c.Title != "" || c.URL != "") {
		out.text = strings.TrimSpace(c.Title + " " + c.URL)
	}
	if u := tidyName(row.Contents.URL, w.facts); u != "" {
		out.seg = []community.Segment{{Kind: "link", Text: tidyName(row.Contents.Title, w.facts), Ref: u}}
	}
	return w.take(out)
}
