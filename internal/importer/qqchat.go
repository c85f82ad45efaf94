package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"strings"
	"time"

	"qunluo/internal/community"
)

// qqChat reads the JSON of QQChatExporter (formats.md §11a): one document, or a manifest that names further files
// (chunks), which are read as one with it.
func qqChat() Format {
	return Format{
		Name:     "qqchat-json",
		Title:    [2]string{"QQChatExporter JSON", "QQChatExporter JSON"},
		Platform: "qq",
		Sniff:    sniffQQChat,
		Chats:    qqChatChats,
		Gather:   qqChatChunks,
		Read:     readQQChat,
	}
}

func sniffQQChat(head []byte, _ string) int {
	top, first := topKeys(head)
	switch {
	case top["chatInfo"] && (top["metadata"] || top["statistics"]):
		return 97
	case top["chunkInfo"] && top["chunks"]:
		return 97
	case (first["messageId"] || first["id"]) && first["sender"] && (first["rawMessage"] || first["isSystemMessage"] || first["isRecalled"]):
		return 85 // a chunk
	}
	keys := firstKeys(head)
	if line, _, ok := bytes.Cut(trimBOM(head), []byte{'\n'}); ok && len(keys) == 0 {
		keys, _ = topKeys(line)
	}
	if (keys["messageId"] || keys["id"]) && keys["sender"] && keys["content"] && (keys["rawMessage"] || keys["isSystemMessage"]) {
		return 80 // a chunk of bare messages, in an array or a line each
	}
	return 0
}

// qqHead is what stands beside the messages.
type qqHead struct {
	name, version string
	chat          qqChatInfo
	total         int64    // by the exporter's count; -1 = it says nothing
	chunks        []string // names of further files
	chunked       bool
}

// qqChatInfo is the block chatInfo. Which field holds the group's number differs by version.
type qqChatInfo struct {
	Name    string          `json:"name"`
	Type    json.RawMessage `json:"type"`
	PeerUin json.RawMessage `json:"peerUin"`
	PeerUID json.RawMessage `json:"peerUid"`
	GroupID json.RawMessage `json:"groupId"`
	ID      json.RawMessage `json:"id"`
}

func (c *qqChatInfo) id() string {
	for _, raw := range []json.RawMessage{c.GroupID, c.PeerUin, c.PeerUID, c.ID} {
		if id, ok := rawID(raw); ok {
			return id
		}
	}
	return ""
}

func (c *qqChatInfo) private() bool {
	kind := strings.Trim(string(c.Type), `"`)
	return kind == "private" || kind == "friend" || kind == "c2c" || kind == "1"
}

func (h *qqHead) one(f File) Chat {
	var facts Facts
	c := Chat{ID: tidyName(h.chat.id(), &facts), Name: tidyName(h.chat.Name, &facts), Private: h.chat.private()}
	if c.Name == "" {
		c.Name = bareName(f.Path)
	}
	return c
}

// walkQQ goes through a file: the head into h, every message to take (nil: passed over). A file may be a document, an
// array of messages, or a message a line.
func walkQQ(f File, h *qqHead, take func(raw []byte, whole bool) error) error {
	if lines, err := bareLines(f); err != nil || lines {
		if err == nil && take != nil {
			err = qqLines(f, take)
		}
		return err
	}
	w, closeFile, err := f.walk()
	if err != nil {
		return err
	}
	defer closeFile()
	messages := func() error {
		return w.array(func(int64) error {
			raw, whole, err := w.capture(MaxLine)
			if err != nil || take == nil {
				return err
			}
			return take(raw, whole)
		})
	}
	if c, err := w.peek(); err != nil || c == '[' {
		if err == nil {
			err = messages()
		}
		return err
	}
	return w.object(func(key string) error {
		switch key {
		case "metadata":
			var m struct{ Name, Version string }
			err := w.into(&m)
			h.name, h.version = m.Name, m.Version
			return err
		case "chatInfo":
			return h.info(w)
		case "statistics":
			return h.statistics(w)
		case "chunkInfo":
			h.chunked = true
		case "chunks":
			return h.chunkList(w)
		case "messages":
			if take != nil {
				return messages()
			}
		}
		return w.skip()
	})
}

// info reads chatInfo key by key: the picture may be large.
func (h *qqHead) info(w *walk) error {
	fields := map[string]*json.RawMessage{"type": &h.chat.Type, "peerUin": &h.chat.PeerUin, "peerUid": &h.chat.PeerUID, "groupId": &h.chat.GroupID, "id": &h.chat.ID}
	return w.object(func(key string) (err error) {
		if key == "name" {
			h.chat.Name, err = w.text()
			return err
		}
		to, ok := fields[key]
		if !ok {
			return w.skip()
		}
		raw, whole, err := w.capture(MaxName)
		if err == nil && whole {
			*to = bytes.Clone(raw)
		}
		return err
	})
}

func (h *qqHead) statistics(w *walk) error {
	return w.object(func(key string) error {
		if key != "totalMessages" {
			return w.skip()
		}
		raw, _, err := w.capture(64)
		if n, _, ok := wholeNumber(raw); err == nil && ok {
			h.total = n
		}
		return err
	})
}

// chunkNames are the fields under which a chunk may name its file.
var chunkNames = []string{"relativePath", "fileName", "filename", "file", "path", "name"}

func (h *qqHead) chunkList(w *walk) error {
	return w.array(func(int64) error {
		raw, whole, err := w.capture(MaxName * 8)
		if err != nil || !whole || len(h.chunks) >= maxFiles {
			return err
		}
		var name string
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &name) != nil && json.Unmarshal(raw, &fields) == nil {
			for _, key := range chunkNames {
				if name == "" {
					_ = json.Unmarshal(fields[key], &name) // of another shape: it stays empty
				}
			}
		}
		if name != "" {
			h.chunks = append(h.chunks, strings.ReplaceAll(name, "\\", "/"))
		}
		return nil
	})
}

// bareLines reports whether a file is a message a line: it begins with an object, ends the line after it, and another
// begins.
func bareLines(f File) (bool, error) {
	head, err := readHead(f)
	if err != nil {
		return false, err
	}
	line, rest, ok := bytes.Cut(trimBOM(head), []byte{'\n'})
	return ok && json.Valid(line) && len(line) > 0 && line[0] == '{' && (len(bytes.TrimSpace(rest)) == 0 || bytes.TrimSpace(rest)[0] == '{') && !bytes.Contains(line, []byte(`"messages"`)), nil
}

func qqLines(f File, take func(raw []byte, whole bool) error) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	for l := newLines(in); ; {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		if err := take(line, !l.long); err != nil {
			return err
		}
	}
}

func qqChatChats(f File) ([]Chat, error) {
	var h qqHead
	err := walkQQ(f, &h, nil)
	if errors.Is(err, errCut) {
		err = nil // the reading will say so
	}
	return []Chat{h.one(f)}, err
}

// qqChatChunks finds the files that a manifest names, beside it or below. Names that lead elsewhere are missing.
func qqChatChunks(u *Unit, find func(path string) (File, bool)) (missing []string) {
	var h qqHead
	if err := walkQQ(u.Files[0], &h, nil); err != nil || !h.chunked {
		return nil // what is wrong with it is said when it is read
	}
	dir := path.Dir(u.Files[0].Path)
	for _, name := range h.chunks {
		member, ok := cleanMember(name)
		f, found := File{}, false
		if ok {
			if f, found = find(path.Join(dir, member)); !found {
				f, found = find(path.Join(dir, path.Base(member)))
			}
		}
		if !found {
			missing = append(missing, clip(name, 200))
			continue
		}
		u.Files = append(u.Files, f)
		u.Bytes += max(f.Size, 0)
	}
	return missing
}

// qqRow is a message. Numbers and texts change places between versions.
type qqRow struct {
	MessageID json.RawMessage `json:"messageId"`
	ID        json.RawMessage `json:"id"`
	Timestamp json.RawMessage `json:"timestamp"`
	Sender    struct {
		UID  json.RawMessage `json:"uid"`
		Uin  json.RawMessage `json:"uin"`
		Name string          `json:"name"`
	} `json:"sender"`
	Kind     json.RawMessage `json:"messageType"`
	Type     json.RawMessage `json:"type"`
	System   bool            `json:"isSystemMessage"`
	Recalled bool            `json:"isRecalled"`
	Content  qqContent       `json:"content"`
	Raw      struct {
		Uin  json.RawMessage `json:"senderUin"`
		UID  json.RawMessage `json:"senderUid"`
		Nick string          `json:"sendNickName"`
		Card string          `json:"sendMemberName"`
	} `json:"rawMessage"`
}

type qqContent struct {
	Text      string       `json:"text"`
	Resources []qqResource `json:"resources"`
	Reply     *struct {
		MessageID  json.RawMessage `json:"messageId"`
		Referenced json.RawMessage `json:"referencedMessageId"`
	} `json:"reply"`
}

type qqResource struct {
	Kind string `json:"type"`
	Name string `json:"filename"`
	File string `json:"fileName"`
	URL  string `json:"url"`
}

type qqChatReader struct {
	opt    Options
	facts  *Facts
	yield  Yield
	chat   Chat
	group  community.Ref
	keys   *keyer
	in     names
	number map[string]string // uin of a uid, as rows show the pair
	file   string
	place  int64
	row    Row
}

func readQQChat(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "qq", "QQChatExporter"
	h := qqHead{total: -1}
	r := &qqChatReader{opt: opt, facts: facts, yield: yield, number: map[string]string{}}
	for i, f := range u.Files {
		own := qqHead{total: -1}
		err := walkQQ(f, &own, func(raw []byte, whole bool) error { r.pair(raw, whole); return nil })
		if err != nil && !errors.Is(err, errCut) {
			return err
		}
		if i == 0 {
			h = own
		} else if h.chat.Name == "" && h.chat.id() == "" {
			h.chat = own.chat
		}
	}
	facts.Version, facts.OwnTotal, facts.Missing = h.version, h.total, u.Missing
	r.chat = h.one(u.Files[0])
	if r.chat.Private && !opt.Private {
		facts.OwnTotal = -1 // nothing of it is read, so there is nothing to compare
	}
	r.group = facts.ref(opt, r.chat.ID, r.chat.Name)
	r.keys = newKeyer(facts.chat)
	for _, f := range u.Files {
		if r.place = 0; len(u.Files) > 1 {
			r.file = f.Shown()
		}
		if err := walkQQ(f, &qqHead{}, r.take); err != nil {
			return err
		}
	}
	return nil
}

// pair notes which number belongs to a uid.
func (r *qqChatReader) pair(raw []byte, whole bool) {
	var row qqRow
	if !whole || json.Unmarshal(raw, &row) != nil || len(r.number) >= maxNames {
		return
	}
	if uid, uin := row.ids(); uid != "" && uin != "" {
		r.number[uid] = uin
	}
}

// ids gives what a row knows of its sender: the uid (u_…) and the QQ number.
func (row *qqRow) ids() (uid, uin string) {
	for _, raw := range []json.RawMessage{row.Sender.Uin, row.Raw.Uin, row.Sender.UID, row.Raw.UID} {
		id, ok := rawID(raw)
		switch {
		case !ok || id == "0":
		case isNumber(id):
			if uin == "" {
				uin = id
			}
		case uid == "":
			uid = id
		}
	}
	return uid, uin
}

// qqKinds are kinds of messages by the exporter's word.
var qqKinds = map[string]community.Class{"text": community.Text, "image": community.Image, "picture": community.Image, "video": community.Video, "audio": community.Voice,
	"voice": community.Voice, "ptt": community.Voice, "file": community.File, "reply": community.Reply, "forward": community.Forward, "face": community.Sticker,
	"market_face": community.Sticker, "location": community.Location, "json": community.Share, "ark": community.Share, "card": community.Card, "wallet": community.RedPack,
	"system": community.System}

func (r *qqChatReader) bad(why string, raw []byte) error {
	r.row.Bad, r.row.Raw = why, raw
	return r.yield(&r.row)
}

func (r *qqChatReader) take(raw []byte, whole bool) error {
	r.place++
	r.row = Row{Place: r.place, File: r.file, Kind: "object"}
	var row qqRow
	switch {
	case !whole:
		return r.bad(badLong, raw)
	case json.Unmarshal(raw, &row) != nil:
		return r.bad(badJSON, raw)
	}
	kind := strings.Trim(string(row.Kind), `"`)
	if kind == "" {
		kind = strings.Trim(string(row.Type), `"`)
	}
	r.row.Kind = "message " + clip(kind, 40)
	r.facts.Messages++ // the file counts notices too
	if r.chat.Private && !r.opt.Private {
		r.row.Skip = "private"
		return r.yield(&r.row)
	}
	at, ok := qqTime(row.Timestamp)
	if !ok || !r.opt.plausible(at) {
		return r.bad(badTime, raw)
	}
	id, ok := rawID(row.MessageID)
	if !ok {
		if id, ok = rawID(row.ID); !ok {
			return r.bad(badID, raw)
		}
	}
	r.row.Events = r.events(&row, kind, id, at)
	return r.yield(&r.row)
}

// qqTime reads seconds, milliseconds or a rendered instant.
func qqTime(raw json.RawMessage) (int64, bool) {
	if n, _, ok := wholeNumber(raw); ok {
		return epoch(n), true
	}
	t, err := time.Parse(time.RFC3339, strings.Trim(string(raw), `"`))
	return t.UnixMilli(), err == nil
}

func (r *qqChatReader) events(row *qqRow, kind, id string, at int64) []community.Inbound {
	ev := community.Inbound{Type: community.MessageCreated, Key: r.keys.native(id), OccurredAt: at, Group: r.group, Private: r.chat.Private}
	b := &ev.Body
	b.Text, b.Message = tidy(row.Content.Text, r.facts), id
	class, known := qqKinds[strings.ToLower(kind)]
	if !known {
		class = row.Content.class()
	}
	if row.System || class == community.System {
		ev.Type, b.Class, b.Message = community.SystemText, community.System, ""
		r.facts.Unparsed++
		r.facts.sentence(b.Text)
		return []community.Inbound{ev}
	}
	b.Class, ev.Actor = class, r.sender(row)
	b.Name, b.Card = ev.Actor.Name, ev.Actor.Card
	if reply := row.Content.Reply; reply != nil {
		if to, ok := rawID(reply.Referenced); ok {
			b.ReplyTo = to
		} else if to, ok := rawID(reply.MessageID); ok {
			b.ReplyTo = to
		}
	}
	for _, res := range row.Content.Resources[:min(len(row.Content.Resources), 100)] {
		name := res.Name
		if name == "" {
			name = res.File
		}
		b.Segments = append(b.Segments, community.Segment{Kind: qqSegment(res.Kind), Text: tidyName(name, r.facts), Ref: tidyName(res.URL, r.facts)})
	}
	out := []community.Inbound{ev}
	if row.Recalled {
		gone := community.Inbound{Type: community.MessageDeleted, Key: ev.Key + "/recall", OccurredAt: at, Group: r.group, Private: ev.Private, Actor: ev.Actor}
		gone.Body = community.Body{Message: id, Name: b.Name, Source: source("recall", MarkInferred)} // when is not said
		out = append(out, gone)
	}
	return out
}

// class tells the kind of content where the exporter's word is a number or none: that of the first resource, when there is
// no text of its own.
func (c *qqContent) class() community.Class {
	if len(c.Resources) > 0 && (c.Text == "" || strings.HasPrefix(c.Text, "[") && strings.HasSuffix(strings.TrimSpace(c.Text), "]")) {
		if class, ok := qqKinds[strings.ToLower(c.Resources[0].Kind)]; ok {
			return class
		}
		return community.File
	}
	if c.Reply != nil {
		return community.Reply
	}
	return community.Text
}

// qqSegment is a resource's kind in our words.
func qqSegment(kind string) string {
	switch strings.ToLower(kind) {
	case "image", "picture":
		return "image"
	case "video":
		return "video"
	case "audio", "voice", "ptt":
		return "audio"
	}
	return "file"
}

// sender is the person behind a row: under the QQ number where any row of the file shows it for the uid, with the uid as
// their further id.
func (r *qqChatReader) sender(row *qqRow) community.Who {
	uid, uin := row.ids()
	if uin == "" {
		uin = r.number[uid]
	}
	name := tidyName(row.Raw.Nick, r.facts)
	if name == "" {
		name = tidyName(row.Sender.Name, r.facts)
	}
	who := community.Who{ID: r.in.get([]byte(uin)), Name: r.in.get([]byte(name)), Card: r.in.get([]byte(tidyName(row.Raw.Card, r.facts)))}
	switch {
	case uin != "" && uid != "":
		who.Also = r.in.get([]byte(tidyName(uid, r.facts)))
	case uid != "":
		who.ID = r.in.get([]byte(tidyName(uid, r.facts)))
	case uin == "":
		if name == "" {
			name = "（无名）"
		}
		return nameOnly(name)
	}
	return who
}
