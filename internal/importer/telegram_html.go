package importer

import (
	"bytes"
	"errors"
	"io"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"

	"qunluo/internal/community"
)

// telegramHTML reads the HTML that Telegram Desktop exports (not verified against every version): messages.html,
// messages2.html and so on in one folder are one chat. It names people by what they are called and the chat by its title:
// the JSON of the same export says more and is to be preferred.
func telegramHTML() Format {
	return Format{
		Name:     "telegram-html",
		Title:    [2]string{"Telegram 桌面版 HTML", "Telegram Desktop HTML"},
		Platform: "telegram",
		Sniff: func(head []byte, _ string) int {
			if bytes.Contains(head, []byte(`class="page_body chat_page"`)) || bytes.Contains(head, []byte(`class="message default clearfix`)) && bytes.Contains(head, []byte(`class="from_name"`)) {
				return 95
			}
			return 0
		},
		Chat:  thChat,
		Chats: thChats,
		Zoneless: func(head []byte, _ string) bool {
			return bytes.Contains(head, []byte(`date details" title="`)) && !bytes.Contains(head, []byte(" UTC"))
		},
		Read: readTelegramHTML,
	}
}

var thFile = regexp.MustCompile(`^messages(\d*)\.html?$`)

// thChat puts the pages of one folder together.
func thChat(p string) string {
	if !thFile.MatchString(path.Base(p)) {
		return ""
	}
	return path.Dir(p) + "\x00" + path.Base(path.Dir(p))
}

// thPage is the number of a page; the first has none.
func thPage(p string) int {
	if m := thFile.FindStringSubmatch(path.Base(p)); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

var errTitle = errors.New("title found")

// thChats takes the chat's title from the head of the page.
func thChats(f File) ([]Chat, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var facts Facts
	title := ""
	p := &thParser{title: func(s string) error { title = tidyName(s, &facts); return errTitle }}
	if err := p.read(in); err != nil && !errors.Is(err, errTitle) {
		return nil, err
	}
	if title == "" {
		title = bareName(path.Dir(f.Path))
	}
	return []Chat{{Name: title}}, nil
}

// thMessage is a message as a page has it.
type thMessage struct {
	id      string
	service bool
	joined  bool // of the same sender as the one before
	from    string
	when    string
	text    strings.Builder
	reply   string
	class   community.Class
	segs    []community.Segment
	forward bool
}

// thParser goes through a page. Only div elements count for depth; what is looked for has a class of its own.
type thParser struct {
	title   func(string) error
	message func(m *thMessage) error

	depth int
	marks []thMark // open elements that matter, innermost last
	now   *thMessage
	words strings.Builder // of the element that is being read
}

type thMark struct {
	depth int
	kind  string
}

func (p *thParser) read(in io.Reader) error {
	z := html.NewTokenizer(&cleanBOM{r: in})
	z.SetMaxBuf(MaxLine)
	for {
		switch z.Next() {
		case html.ErrorToken:
			err := z.Err()
			if errors.Is(err, io.EOF) {
				if p.now != nil {
					return errCut // inside a message
				}
				return nil
			}
			if errors.Is(err, html.ErrBufferExceeded) {
				return &Fault{Code: faultBroken, What: "> 1 MiB", Err: err}
			}
			return err
		case html.StartTagToken:
			if err := p.open(z); err != nil {
				return err
			}
		case html.SelfClosingTagToken:
			if name, _ := z.TagName(); string(name) == "br" {
				p.say("\n")
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "div" {
				if err := p.close(); err != nil {
					return err
				}
			}
		case html.TextToken:
			p.say(string(z.Text()))
		}
	}
}

func thAttrs(z *html.Tokenizer, more bool) map[string]string {
	attrs := map[string]string{}
	for n := 0; more && n < 50; n++ {
		var k, v []byte
		k, v, more = z.TagAttr()
		attrs[string(k)] = string(v)
	}
	return attrs
}

func (p *thParser) open(z *html.Tokenizer) error {
	name, more := z.TagName()
	tag := string(name)
	attrs := thAttrs(z, more)
	switch tag {
	case "br":
		p.say("\n")
	case "a":
		p.link(attrs)
	case "div":
		p.depth++
		p.div(attrs)
	}
	return nil
}

// thKinds are the classes that matter inside a message, in the order they are tried.
var thKinds = []struct{ class, kind string }{{"from_name", "from"}, {"reply_to", "reply"}, {"forwarded", "forward"}, {"text", "text"}}

func (p *thParser) div(attrs map[string]string) {
	class := " " + attrs["class"] + " "
	has := func(name string) bool { return strings.Contains(class, " "+name+" ") }
	switch {
	case p.now == nil && has("message"):
		p.now = &thMessage{id: strings.TrimPrefix(attrs["id"], "message"), service: has("service"), joined: has("joined")}
		p.mark("message")
		return
	case p.now == nil && has("text") && has("bold"):
		p.mark("title")
		return
	case p.now == nil:
		return
	case has("date") && has("details"):
		if p.now.when == "" {
			p.now.when = attrs["title"]
		}
		return
	case p.now.service && has("body"):
		p.mark("text")
		return
	}
	for _, k := range thKinds {
		if has(k.class) {
			p.mark(k.kind)
			return
		}
	}
	p.media(class)
}

func (p *thParser) mark(kind string) {
	p.marks = append(p.marks, thMark{p.depth, kind})
	if kind != "forward" && kind != "message" {
		p.words.Reset()
	}
	if kind == "forward" {
		p.now.forward = true
	}
}

func (p *thParser) inside(kind string) bool {
	for _, m := range p.marks {
		if m.kind == kind {
			return true
		}
	}
	return false
}

// thMedia are words in the classes of what is no text.
var thMedia = []struct {
	word  string
	class community.Class
}{{"media_voice_message", community.Voice}, {"media_audio_file", community.File}, {"media_video", community.Video}, {"video_file_wrap", community.Video}, {"media_photo", community.Image},
	{"photo_wrap", community.Image}, {"animated_wrap", community.Image}, {"sticker_wrap", community.Sticker}, {"media_location", community.Location}, {"media_contact", community.Card},
	{"media_call", community.Call}, {"media_poll", community.Other}, {"media_file", community.File}, {"media_game", community.Share}, {"media_invoice", community.Share}}

func (p *thParser) media(class string) {
	for _, m := range thMedia {
		if strings.Contains(class, m.word) && p.now.class == community.Text {
			p.now.class = m.class
		}
	}
}

func (p *thParser) link(attrs map[string]string) {
	if p.now == nil {
		return
	}
	href := attrs["href"]
	switch {
	case p.inside("reply"):
		if _, id, ok := strings.Cut(href, "#go_to_message"); ok {
			p.now.reply = id
		}
	case p.inside("text") && (strings.HasPrefix(href, "http://") || strings.HasPrefix(href, "https://")) && len(p.now.segs) < 100:
		p.now.segs = append(p.now.segs, community.Segment{Kind: "link", Ref: clip(href, MaxName)})
	default:
		p.media(" " + attrs["class"] + " ")
	}
}

func (p *thParser) say(s string) {
	if len(p.marks) > 0 && p.words.Len() < 2*community.MaxText {
		p.words.WriteString(s)
	}
}

// close ends a div, and what it stood for.
func (p *thParser) close() error {
	p.depth--
	last := len(p.marks) - 1
	if last < 0 || p.marks[last].depth != p.depth+1 {
		return nil
	}
	kind := p.marks[last].kind
	p.marks = p.marks[:last]
	words := strings.TrimSpace(p.words.String())
	switch kind {
	case "title":
		if p.title != nil && words != "" {
			return p.title(words)
		}
	case "from":
		if !p.inside("forward") && p.now.from == "" {
			p.now.from = words
		}
	case "text":
		if p.now.text.Len() > 0 {
			p.now.text.WriteByte('\n')
		}
		p.now.text.WriteString(words)
	case "message":
		m := p.now
		if p.now = nil; p.message != nil {
			return p.message(m)
		}
	}
	p.words.Reset()
	return nil
}

type thReader struct {
	opt   Options
	facts *Facts
	yield Yield
	group community.Ref
	keys  *keyer
	zone  *zone // for times without one
	file  string
	place int64
	from  string // sender of the message before
	last  int64  // its time
	mark  string
}

func readTelegramHTML(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "telegram", "Telegram Desktop"
	files := append([]File(nil), u.Files...)
	sort.SliceStable(files, func(i, j int) bool { return thPage(files[i].Path) < thPage(files[j].Path) })
	chats, err := thChats(files[0])
	if err != nil {
		return err
	}
	r := &thReader{opt: opt, facts: facts, yield: yield, group: facts.ref(opt, "", chats[0].Name)}
	r.keys = newKeyer(facts.chat)
	for _, f := range files {
		if len(files) > 1 {
			r.file, r.place = f.Shown(), 0
		}
		if err := r.page(f); err != nil {
			return err
		}
	}
	return nil
}

func (r *thReader) page(f File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	return (&thParser{message: r.take}).read(in)
}

// thTime reads "01.05.2024 09:01:00 UTC+08:00"; without a zone it is local. ok is false for anything else.
func (r *thReader) thTime(s string) (at int64, mark string, ok bool) {
	day, rest, _ := strings.Cut(strings.TrimSpace(s), " ")
	clock, off, zoned := strings.Cut(rest, " UTC")
	t, err := time.Parse("02.01.2006", day)
	ms, fine := clockMS(clock)
	if err != nil || !fine {
		return 0, "", false
	}
	local := t.UnixMilli() + ms
	if zoned {
		seconds, ok := parseOffset(off)
		if r.facts.Zone == "" && ok {
			r.facts.Zone, r.facts.ZoneHow = off, "file"
		}
		return local - int64(seconds)*1000, "", ok
	}
	if r.zone == nil {
		if r.zone, err = zoneFor(r.opt, "", r.facts); err != nil {
			return 0, "", false
		}
	}
	return r.zone.instant(local), r.zone.mark, true
}

func (r *thReader) take(m *thMessage) error {
	r.place++
	row := Row{Place: r.place, File: r.file, Kind: "message"}
	text := tidy(m.text.String(), r.facts)
	if m.service {
		row.Kind = "service"
	}
	id := tidyName(m.id, r.facts)
	if m.service && (id == "" || id[0] == '-') { // a line with the date
		row.Skip = "mark"
		return r.yield(&row)
	}
	at, mark, ok := r.thTime(m.when)
	if m.service && m.when == "" { // notices carry no time: they stand behind the message before
		at, mark, ok = r.last, source(r.mark, MarkInferred), r.last != 0
	}
	switch {
	case id == "":
		row.Bad, row.Raw = badID, []byte(text)
		return r.yield(&row)
	case !ok || !r.opt.plausible(at):
		row.Bad, row.Raw = badTime, []byte(m.from+" "+m.when+" "+text)
		return r.yield(&row)
	}
	ev := community.Inbound{Type: community.MessageCreated, Key: r.keys.native(id), OccurredAt: at, Group: r.group}
	ev.Body = community.Body{Text: text, Source: mark}
	if m.service {
		ev.Type, ev.Body.Class = community.SystemText, community.System
		r.facts.Unparsed++
		r.facts.sentence(text)
		row.Events = []community.Inbound{ev}
		return r.yield(&row)
	}
	if m.from != "" || !m.joined {
		r.from = tidyName(m.from, r.facts)
	}
	r.last, r.mark = at, mark
	name := r.from
	if name == "" {
		name = "已注销账号 deleted account"
	}
	r.facts.Messages++
	ev.Actor = nameOnly(name)
	kind := ""
	if m.forward {
		kind = "forwarded"
	}
	b := &ev.Body
	b.Name, b.Message, b.ReplyTo, b.Class, b.Segments, b.Source = name, id, tidyName(m.reply, r.facts), m.class, m.segs, source(kind, mark)
	for i := range b.Segments {
		b.Segments[i].Ref = tidyName(b.Segments[i].Ref, r.facts)
	}
	row.Events = []community.Inbound{ev}
	return r.yield(&row)
}
