package importer

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// weChatMsg reads the CSV of WeChatMsg / MemoTrace (留痕, formats.md §9). Columns go by name, in any order.
func weChatMsg() Format {
	return Format{
		Name:     "wechatmsg-csv",
		Title:    [2]string{"留痕 CSV（WeChatMsg / MemoTrace）", "WeChatMsg / MemoTrace CSV"},
		Platform: "wechat",
		Sniff:    sniffWeChatMsg,
		Chats:    weChatMsgChats,
		Read:     readWeChatMsg,
	}
}

// weChatMsgChats lists the chats of a file: rows say by TalkerId which they belong to.
func weChatMsgChats(f File) ([]Chat, error) {
	var facts Facts
	var out []Chat
	seen := map[string]bool{}
	r := &wmReader{facts: &facts}
	err := r.pass(f, func(_ *cells, row [][]byte) error {
		talker := string(r.col.get(row, "TalkerId"))
		if seen[talker] || len(seen) >= maxChats {
			return nil
		}
		seen[talker] = true
		c := wmChat(talker, bareName(f.Path), len(out) == 0, &facts)
		c.Index = len(out) + 1
		out = append(out, c)
		return nil
	}, nil)
	switch {
	case err != nil:
		return nil, err
	case len(out) == 0:
		return []Chat{{Name: bareName(f.Path)}}, nil
	case len(out) == 1:
		out[0].Index = 0
		return out, nil
	}
	groups := 0
	for i := range out {
		if out[i].ID != "" && (out[i].Private || groups > 0) {
			out[i].Name = out[i].ID // the file's name cannot be that of all
		}
		if !out[i].Private {
			groups++
		}
	}
	return out, nil
}

// wmChat is the chat of a TalkerId: a chat room's id is the group's, a person's id is a private chat, and a bare number
// is the exporter's own count, so the file's name stands for the group, with the number behind it from the second on.
func wmChat(talker, file string, first bool, facts *Facts) Chat {
	c := Chat{ID: tidyName(strings.TrimSpace(talker), facts), Name: file, key: talker}
	_, number := digits(c.ID)
	switch {
	case strings.HasSuffix(c.ID, "@chatroom"):
	case c.ID == "" || number || spoiled.MatchString(c.ID):
		if !first {
			c.Name += "#" + c.ID
		}
		c.ID = ""
	default:
		c.Private = true
	}
	return c
}

func sniffWeChatMsg(head []byte, _ string) int {
	row, _, err := newCells(bytes.NewReader(trimBOM(head)), ',').read()
	if err != nil {
		return 0
	}
	col := columns(row)
	if !col.has("StrContent", "CreateTime", "Type") {
		return 0
	}
	if col.has("localId", "TalkerId", "IsSender") {
		return 97
	}
	return 60
}

// cols finds columns by their name.
type cols map[string]int

func columns(row [][]byte) cols {
	c := cols{}
	for i, name := range row {
		c[strings.TrimSpace(string(name))] = i
	}
	return c
}

func (c cols) has(names ...string) bool {
	for _, n := range names {
		if _, ok := c[n]; !ok {
			return false
		}
	}
	return true
}

// get gives a cell, nil when the column or the cell is absent.
func (c cols) get(row [][]byte, name string) []byte {
	i, ok := c[name]
	if !ok || i >= len(row) {
		return nil
	}
	return row[i]
}

// spoiled is what spreadsheets make of long numbers: 1.23E+10. Such an id is refused.
var spoiled = regexp.MustCompile(`^\d(?:\.\d+)?[eE]\+\d+$`)

type wmReader struct {
	opt     Options
	facts   *Facts
	yield   Yield
	col     cols
	chat    Chat
	all     bool // there is only one chat
	group   community.Ref
	keys    *keyer
	in      names
	roster  *roster
	recalls recalls
	row     Row
	evs     []community.Inbound
}

func readWeChatMsg(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "wechat", "WeChatMsg / MemoTrace"
	chat := u.Chat
	if chat.Name == "" {
		chats, err := weChatMsgChats(u.Files[0])
		if err != nil {
			return err
		}
		chat = chats[0]
	}
	r := &wmReader{opt: opt, facts: facts, yield: yield, chat: chat, all: chat.Index == 0, roster: newRoster()}
	r.group = facts.ref(opt, chat.ID, chat.Name)
	r.keys = newKeyer(r.facts.chat)
	if err := r.pass(u.Files[0], func(_ *cells, row [][]byte) error { r.meet(row); return nil }, nil); err != nil {
		return err
	}
	return r.pass(u.Files[0], r.take, r.broken)
}

// here reports whether a row belongs to the chat that is read. Rows of other chats are those of other units.
func (r *wmReader) here(row [][]byte) bool {
	return r.all || string(r.col.get(row, "TalkerId")) == r.chat.key
}

// pass reads the file once; broken rows go to bad, when it is there.
func (r *wmReader) pass(f File, take func(*cells, [][]byte) error, bad func(c *cells, why string, raw []byte) error) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	c := newCells(&cleanBOM{r: decoded(in)}, ',')
	first := true
	for {
		row, raw, err := c.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var broken labError
		switch {
		case errors.As(err, &broken):
			if bad != nil {
				err = bad(c, string(broken), raw)
			} else {
				err = nil
			}
		case err != nil:
		case first:
			first = false
			if r.col = columns(row); !r.col.has("StrContent", "CreateTime", "Type") {
				return &Fault{Code: faultColumns, What: "StrContent, CreateTime, Type"}
			}
			if bad != nil && r.chat.Index <= 1 {
				err = r.yield(&Row{Place: c.line, Kind: "header", Skip: "header"})
			}
		default:
			err = take(c, row)
		}
		if err != nil {
			return err
		}
	}
}

// cleanBOM takes a byte order mark off.
type cleanBOM struct {
	r     io.Reader
	begun bool
}

func (b *cleanBOM) Read(p []byte) (int, error) {
	if b.begun || len(p) < len(bom) {
		return b.r.Read(p)
	}
	b.begun = true
	n, err := io.ReadAtLeast(b.r, p, len(bom))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return copy(p, trimBOM(p[:n])), err
}

func (r *wmReader) broken(c *cells, why string, raw []byte) error {
	if r.chat.Index > 1 {
		return nil // counted with the first chat: nobody can say whose it is
	}
	return r.yield(&Row{Place: c.line, Kind: "row", Bad: why, Raw: raw})
}

// meet notes names for the reading of sentences; a remark is what the exporter's client shows.
func (r *wmReader) meet(row [][]byte) {
	if kind, _ := r.kind(row); kind == 10000 || !r.here(row) {
		return
	}
	id := r.col.get(row, "Sender")
	if len(id) == 0 || spoiled.Match(id) || !stableWechat(id) {
		return
	}
	r.roster.add(r.in.get(id), r.in.get(r.col.get(row, "NickName")), r.in.get(r.col.get(row, "Remark")))
}

// stableWechat tells ids from names, which stand in the column Sender of older exports: ids are ASCII without spaces.
func stableWechat(id []byte) bool {
	for _, c := range id {
		if c <= ' ' || c >= 0x7f || c == '"' || c == ',' {
			return false
		}
	}
	return len(id) >= 5
}

// kind gives Type and SubType, also when both are packed into Type.
func (r *wmReader) kind(row [][]byte) (kind, sub int64) {
	kind, _, _ = wholeNumber(bytes.TrimSpace(r.col.get(row, "Type")))
	sub, _, _ = wholeNumber(bytes.TrimSpace(r.col.get(row, "SubType")))
	if kind > 1<<32 {
		return kind & 0xFFFFFFFF, kind >> 32
	}
	return kind, sub
}

// wechatClasses: WeChat's types (formats.md §8); 49 is decided by the subtype.
var wechatClasses = map[int64]community.Class{1: community.Text, 3: community.Image, 34: community.Voice, 43: community.Video,
	42: community.Card, 47: community.Sticker, 48: community.Location, 50: community.Call, 10000: community.System}

var wechatShares = map[int64]community.Class{4: community.Link, 5: community.Link, 6: community.File, 8: community.Sticker, 19: community.Forward,
	33: community.Share, 36: community.Share, 51: community.Share, 57: community.Reply, 62: community.Poke, 63: community.Share,
	87: community.Text, 92: community.Share, 2000: community.Transfer, 2001: community.RedPack}

func (r *wmReader) take(c *cells, row [][]byte) error {
	if !r.here(row) {
		return nil
	}
	kind, sub := r.kind(row)
	r.row = Row{Place: c.line, Kind: "type " + strconv.FormatInt(kind, 10)}
	class, known := wechatClasses[kind]
	if kind == 49 {
		class, known = wechatShares[sub]
		r.row.Kind += "/" + strconv.FormatInt(sub, 10)
	}
	if !known {
		class = community.Other
	}
	at, local, why := r.time(row)
	if why != "" {
		r.row.Bad, r.row.Raw = why, bytes.Join(row, []byte{','})
		return r.yield(&r.row)
	}
	r.facts.derive(at, local)
	if r.chat.Private && !r.opt.Private {
		r.row.Skip = "private"
		return r.yield(&r.row)
	}
	ev := community.Inbound{Type: community.MessageCreated, OccurredAt: at, Group: r.group, Private: r.chat.Private, Actor: r.sender(row, class)}
	b := &ev.Body
	b.Text, b.Name, b.Class = tidy(string(r.col.get(row, "StrContent")), r.facts), ev.Actor.Name, class
	if !known {
		b.Source = strings.Replace(r.row.Kind, " ", ":", 1)
	}
	id := bytes.TrimSpace(r.col.get(row, "localId"))
	if len(id) == 0 || spoiled.Match(id) {
		ev.Key = r.keys.hashed(at, ev.Actor.ID, b.Text)
	} else {
		b.Message = tidyName(string(id), r.facts) + "@" + strconv.FormatInt(at/1000, 10)
		ev.Key = r.keys.native(b.Message)
	}
	r.evs = r.evs[:0]
	if class == community.System {
		ev.Actor, b.Name = community.Who{}, ""
		r.evs = append(r.evs, sentenceEvents(ev, r.roster, &r.recalls, r.opt, r.facts)...)
	} else {
		r.facts.Messages++
		r.recalls.said(ev.Actor.ID, at, b.Message)
		r.evs = append(r.evs, ev)
	}
	r.row.Events = r.evs
	return r.yield(&r.row)
}

func (r *wmReader) time(row [][]byte) (at, local int64, why string) {
	cell := bytes.TrimSpace(r.col.get(row, "CreateTime"))
	n, _, ok := wholeNumber(cell)
	if spoiled.Match(cell) {
		return 0, 0, badRounded
	}
	if !ok || !r.opt.plausible(epoch(n)) {
		return 0, 0, badTime
	}
	local, _ = localTime(string(r.col.get(row, "StrTime")))
	return epoch(n), local, ""
}

// sender is who wrote a row: the id when there is one, else the name alone.
func (r *wmReader) sender(row [][]byte, class community.Class) community.Who {
	name := tidyName(r.in.get(r.col.get(row, "NickName")), r.facts)
	if name == "" {
		name = tidyName(r.in.get(r.col.get(row, "Remark")), r.facts)
	}
	id := bytes.TrimSpace(r.col.get(row, "Sender"))
	mine := string(bytes.TrimSpace(r.col.get(row, "IsSender"))) == "1"
	switch {
	case class == community.System:
		return community.Who{}
	case mine && r.opt.Self.ID != "":
		return r.opt.Self
	case spoiled.Match(id):
		r.facts.fix("id_spoiled")
	case stableWechat(id):
		return community.Who{ID: tidyName(r.in.get(id), r.facts), Name: name}
	case len(id) > 0 && name == "":
		name = tidyName(r.in.get(id), r.facts)
	}
	if name == "" && mine {
		return r.opt.self()
	}
	if name == "" {
		name = "（无名）"
	}
	return nameOnly(name)
}
