package importer

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"qunluo/internal/community"
)

// qqText reads the text that QQ's message manager exports (formats.md §11b): a preamble per chat, then blocks of a
// header line "date time [【头衔】]昵称(QQ号)" and the words, ended by a blank line.
func qqText() Format {
	return Format{
		Name:     "qq-txt",
		Title:    [2]string{"QQ 消息管理器导出的文本", "QQ message manager text"},
		Platform: "qq",
		Sniff:    sniffQQ,
		Chats:    qqChats,
		Zoneless: func([]byte, string) bool { return true },
		Read:     readQQ,
	}
}

const (
	qqTitle  = "消息记录（此消息记录为文本格式，不支持重新导入）"
	qqObject = "消息对象:"
	qqFolder = "消息分组:"
)

var qqHeader = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}) (\d{1,2}:\d{2}:\d{2}) (.+)$`)

func sniffQQ(head []byte, _ string) int {
	var facts Facts
	l := newLines(decoded(bytes.NewReader(head)))
	headers := 0
	for range 200 {
		b, err := l.next()
		if err != nil {
			break
		}
		line := strings.TrimSpace(decodeLine(b, &facts))
		if strings.HasPrefix(line, qqTitle) {
			return 97
		}
		if m := qqHeader.FindStringSubmatch(line); m != nil {
			if who, _ := qqWho(m[3], &facts); who.ID != "" && who.Certainty == "" {
				headers++
			}
		}
	}
	if headers >= 2 {
		return 65 // the rest of a larger file
	}
	return 0
}

// qqPreamble recognises the head of a chat: = / 消息分组 / = / 消息对象 / =, after a blank line or at the start. Only
// the whole sequence counts, because words may imitate a part of it.
type qqPreamble struct {
	step  int
	chats int
	name  string
	inner bool // the line before was neither blank nor part of a preamble
}

// line takes a line, "" for a blank one; done is true on the last of the sequence.
func (p *qqPreamble) line(s string) (part, done bool) {
	if s == "" {
		p.inner = false
		return false, false
	}
	if strings.HasPrefix(s, qqTitle) && !p.inner {
		return true, false
	}
	rule := len(s) >= 10 && strings.Trim(s, "=") == ""
	switch {
	case p.step == 0 && rule && !p.inner, p.step == 2 && rule:
		p.step++
	case p.step == 1 && strings.HasPrefix(s, qqFolder):
		p.step++
	case p.step == 3 && strings.HasPrefix(s, qqObject):
		p.name = strings.TrimSpace(s[len(qqObject):])
		p.step++
	case p.step == 4 && rule:
		p.step = 0
		p.chats++
		return true, true
	default:
		p.step, p.inner = 0, true
		return false, false
	}
	return true, false
}

func qqChats(f File) ([]Chat, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var p qqPreamble
	var facts Facts
	var out []Chat
	l := newLines(decoded(in))
	for {
		b, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		s := decodeLine(bytes.TrimSpace(b[:min(len(b), MaxName)]), &facts)
		if _, done := p.line(s); done && len(out) < maxChats {
			out = append(out, Chat{Name: tidyName(p.name, &facts), Index: p.chats})
		}
	}
	if len(out) == 0 {
		out = []Chat{{Name: bareName(f.Path)}}
	}
	return out, nil
}

type qqReader struct {
	opt    Options
	facts  *Facts
	yield  Yield
	want   int // chat wanted, from 1; 0 = all there is
	pre    qqPreamble
	group  community.Ref
	zone   *zone
	keys   *keyer
	open   bool // a message is being read
	place  int64
	local  int64 // its time
	newest int64 // latest time so far
	who    community.Who
	system bool
	text   []byte
	blanks int // blank lines since the last of its words
}

func readQQ(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "qq", "QQ"
	chat := u.Chat
	if chat.Name == "" {
		chats, err := qqChats(u.Files[0])
		if err != nil {
			return err
		}
		chat = chats[0]
	}
	r := &qqReader{opt: opt, facts: facts, yield: yield, want: chat.Index}
	r.group = facts.ref(opt, "", chat.Name)
	r.keys = newKeyer(r.facts.chat)
	var err error
	if r.zone, err = zoneFor(opt, "", facts); err != nil {
		return err
	}
	in, err := u.Files[0].Open()
	if err != nil {
		return err
	}
	defer in.Close()
	l := newLines(decoded(in))
	for {
		b, err := l.next()
		if errors.Is(err, io.EOF) {
			return r.finish()
		}
		if err != nil {
			return err
		}
		if err := r.line(b, l); err != nil {
			return err
		}
	}
}

// here reports whether the lines now read belong to the wanted chat.
func (r *qqReader) here() bool { return r.want == 0 || r.want == r.pre.chats }

func (r *qqReader) line(b []byte, l *lines) error {
	part, done := r.pre.line(decodeLine(bytes.TrimSpace(b[:min(len(b), MaxName)]), &Facts{}))
	if len(bytes.TrimSpace(b)) == 0 {
		r.blanks++
		return nil
	}
	afterBlank := r.blanks > 0 || l.n == 1 || !r.open
	if l.long {
		r.facts.fix("cut")
	}
	s := decodeLine(b, r.facts)
	if part {
		if err := r.finish(); err != nil {
			return err
		}
		if done {
			r.newest = 0
		}
		return r.yield(&Row{Place: l.n, Kind: "preamble", Skip: "header"})
	}
	if m := qqHeader.FindStringSubmatch(s); m != nil {
		local, ok := localTime(m[1] + " " + m[2])
		if ok && afterBlank && local >= r.newest-dayMS {
			return r.header(local, m[3], l.n)
		}
		r.facts.fix("doubtful_header") // words that imitate a header
	}
	if !r.open {
		if !r.here() {
			return r.yield(&Row{Place: l.n, Kind: "text", Skip: "other_chat"})
		}
		return r.yield(&Row{Place: l.n, Kind: "text", Bad: badBefore, Raw: b})
	}
	r.words(s)
	return nil
}

func (r *qqReader) words(s string) {
	if len(r.text) <= community.MaxText {
		if len(r.text) > 0 {
			for range min(r.blanks, 100) {
				r.text = append(r.text, '\n')
			}
			r.text = append(r.text, '\n')
		}
		r.text = append(r.text, clip(s, community.MaxText+1)...)
	}
	r.blanks = 0
}

func (r *qqReader) header(local int64, who string, place int64) error {
	if err := r.finish(); err != nil {
		return err
	}
	r.open, r.local, r.place, r.blanks, r.text = true, local, place, 0, r.text[:0]
	r.newest = max(r.newest, local)
	r.who, r.system = qqWho(who, r.facts)
	return nil
}

// qqWho takes the last bracket pair as the id: 昵称(12345) or 昵称<a@b.c>. A leading 【头衔】 is taken off the name; it
// gives no role, because a nickname may begin with the same words.
func qqWho(s string, facts *Facts) (who community.Who, system bool) {
	s = strings.TrimSpace(s)
	name, id := s, ""
	if n := len(s); n > 2 && s[n-1] == ')' {
		if i := strings.LastIndexByte(s, '('); i >= 0 && isNumber(s[i+1:n-1]) {
			name, id = s[:i], s[i+1:n-1]
		}
	} else if n > 2 && s[n-1] == '>' {
		if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.Contains(s[i:], "@") {
			name, id = s[:i], s[i+1:n-1]
		}
	}
	if rest, ok := strings.CutPrefix(name, "【"); ok {
		if _, after, ok := strings.Cut(rest, "】"); ok && after != "" {
			name = after
		}
	}
	name, id = tidyName(name, facts), tidyName(id, facts)
	if id == "10000" {
		return community.Who{}, true
	}
	if id == "" {
		return nameOnly(name), false
	}
	return community.Who{ID: id, Name: name}, false
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) >= 5 && len(s) <= 15
}

// qqClasses are messages that are only a picture or the like.
var qqClasses = map[string]community.Class{"[图片]": community.Image, "[表情]": community.Sticker, "[语音]": community.Voice,
	"[视频]": community.Video, "[文件]": community.File, "[红包]": community.RedPack}

// finish gives the message that was being read.
func (r *qqReader) finish() error {
	if !r.open {
		return nil
	}
	r.open = false
	row := Row{Place: r.place, Kind: "message"}
	if r.system {
		row.Kind = "system"
	}
	at := r.zone.instant(r.local)
	switch {
	case !r.here():
		row.Skip = "other_chat"
		return r.yield(&row)
	case !r.opt.plausible(at):
		row.Bad, row.Raw = badTime, r.text
		return r.yield(&row)
	}
	text := tidy(string(r.text), r.facts)
	ev := community.Inbound{Type: community.MessageCreated, OccurredAt: at, Group: r.group, Actor: r.who,
		Key: r.keys.hashed(r.local, r.who.ID, text)}
	ev.Body = community.Body{Text: text, Name: r.who.Name, Class: qqClasses[text], Source: r.zone.mark}
	if r.system {
		ev.Type, ev.Body.Class = community.SystemText, community.System
		r.facts.Unparsed++
		r.facts.sentence(text)
	} else {
		r.facts.Messages++
	}
	row.Events = []community.Inbound{ev}
	return r.yield(&row)
}
