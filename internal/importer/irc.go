package importer

import (
	"bytes"
	"errors"
	"io"
	"path"
	"regexp"
	"sort"
	"strings"

	"qunluo/internal/community"
)

// irc reads text logs of IRC channels in the dialects ubuntulog ([HH:MM] <nick>, === notices), ZNC ([HH:MM:SS], ***
// notices) and Raku ([HH:MM], *** notices). The date stands in the path; the files of one channel are one unit.
func irc() Format {
	return Format{
		Name:     "irc",
		Title:    [2]string{"IRC 文本日志", "IRC text logs"},
		Platform: "irc",
		Sniff:    sniffIRC,
		Chat:     ircChat,
		Zoneless: func(head []byte, _ string) bool { return ircDialect(head).zone == "" },
		Read:     readIRC,
	}
}

var ircLine = regexp.MustCompile(`^(?:\[\d\d:\d\d(?::\d\d)?\] +(?:<[^>]+>|\* |\*\*\* )|=== )`)

// sniffIRC looks at how many of the first lines have the shape of a log.
func sniffIRC(head []byte, name string) int {
	total, hits, timed := 0, 0, 0
	for _, line := range headLines(head, 200) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		total++
		if ircLine.Match(line) {
			hits++
			if line[0] == '[' {
				timed++
			}
		}
	}
	_, _, dated := ircDate(name)
	switch {
	case total == 0 && dated && strings.Contains(path.Base(name), "#") && len(head) == 0:
		return 60 // a silent day of a channel
	case total == 0 || hits*10 < total*6 || timed == 0 && !dated:
		return 0
	case dated:
		return 95
	}
	return 70
}

// headLines cuts the sniffed head into at most n whole lines.
func headLines(head []byte, n int) [][]byte {
	all := bytes.SplitN(bytes.TrimPrefix(head, bom), []byte{'\n'}, n+1)
	if len(all) > n || len(head) >= SniffLen {
		all = all[:len(all)-1]
	}
	for i, line := range all {
		all[i] = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return all
}

var (
	dateInPath = regexp.MustCompile(`(?:^|[/_.-])(\d{4})/(\d{2})/(\d{2})/([^/]*)$`)
	dateInName = regexp.MustCompile(`(^|[^0-9])(\d{4})[-_.]?(\d{2})[-_.]?(\d{2})($|[^0-9])`)
)

// ircDate finds the day of a file, as midnight in ms, and what is left of the path as the channel: folders
// YYYY/MM/DD/#channel.txt, else a date in the name. Of several dates in a name the first that exists counts.
func ircDate(name string) (day int64, channel string, ok bool) {
	if m := dateInPath.FindStringSubmatchIndex(name); m != nil {
		if day, ok = dateOf(name[m[2]:m[3]], name[m[4]:m[5]], name[m[6]:m[7]]); ok {
			return day, strings.TrimSuffix(name[:m[2]], "/") + "\x00" + bare(name[m[8]:m[9]]), true
		}
	}
	base := bare(path.Base(name))
	for from := 0; from < len(base); {
		m := dateInName.FindStringSubmatchIndex(base[from:])
		if m == nil {
			break
		}
		b := base[from:]
		if day, ok = dateOf(b[m[4]:m[5]], b[m[6]:m[7]], b[m[8]:m[9]]); ok {
			rest := strings.Trim(base[:from+m[3]], "._- ") + "_" + strings.TrimLeft(base[from+m[10]:], "._- ")
			rest = strings.Trim(rest, "._- ")
			if rest == "" {
				rest = path.Base(path.Dir(name)) // channel/2024-05-01.log
			}
			return day, path.Dir(name) + "\x00" + rest, true
		}
		from += m[2] + 1
	}
	return 0, "", false
}

func dateOf(y, m, d string) (int64, bool) {
	year, _ := digits(y)
	month, _ := digits(m)
	day, _ := digits(d)
	ms, ok := civil(year, month, day)
	return ms, ok && ms >= earliest-dayMS*1000
}

// bare takes the endings off a file's name.
func bare(name string) string {
	for _, end := range []string{".txt", ".log", ".raw"} {
		name = strings.TrimSuffix(name, end)
	}
	return name
}

func ircChat(name string) string {
	_, channel, ok := ircDate(name)
	if !ok {
		return ""
	}
	return channel
}

// ircDialectOf is what the first lines tell about a log's notices and zone.
type ircDialectOf struct {
	name string
	zone string // documented zone; "" = the operator must say
}

func ircDialect(head []byte) ircDialectOf {
	seconds, stars := 0, 0
	for _, line := range headLines(head, 400) {
		switch {
		case bytes.HasPrefix(line, []byte("=== ")):
			return ircDialectOf{"ubuntulog", "UTC"}
		case len(line) > 9 && line[0] == '[' && line[9] == ']':
			seconds++
		case len(line) > 11 && bytes.HasPrefix(line[7:], []byte(" *** ")):
			stars++
		}
	}
	switch {
	case seconds > 0:
		return ircDialectOf{"znc", ""}
	case stars > 0:
		return ircDialectOf{"raku", ""}
	}
	return ircDialectOf{"ubuntulog", "UTC"} // only [HH:MM] <nick>: a quiet day without notices
}

type ircReader struct {
	opt    Options
	facts  *Facts
	group  community.Ref
	zone   *zone
	people nicks
	keys   *keyer
	shape  ircShape
	mere   *presence // what is no event
	file   string
	day    int64
	last   int64 // local ms of the row before
	lineNo int64 // in all files together
	row    Row
	ev     [1]community.Inbound
	yield  Yield
}

// ircShape takes the time off a line, into r.last, and gives the rest as the day-file dialects have it: "<nick> text",
// "* nick action" or "*** notice".
type ircShape func(r *ircReader, line []byte) shaped

// shaped is a line without its time. A line with skip is none of the chat's.
type shaped struct {
	rest   []byte
	minute bool // the time is known to the minute
	skip   string
	ok     bool
}

// shapeDay reads the lines of day-files. Notices may carry no time: they take that of the row before.
func shapeDay(r *ircReader, line []byte) shaped {
	if ms, rest, ok := ircClock(line); ok {
		r.last = r.day + ms
		return shaped{rest: bytes.TrimPrefix(rest, []byte{' '}), minute: line[6] == ']', ok: true}
	}
	return shaped{rest: line, minute: true, ok: bytes.HasPrefix(line, []byte("=== ")) || bytes.HasPrefix(line, []byte("*** "))}
}

func readIRC(u *Unit, opt Options, facts *Facts, yield Yield) error {
	files := append([]File(nil), u.Files...)
	days := map[string]int64{}
	for _, f := range files {
		day, channel, ok := ircDate(f.Path)
		if !ok {
			return &Fault{Code: faultNoDate, What: f.Shown()} // never today
		}
		days[f.Path] = day
		facts.Group.Name = channel[strings.IndexByte(channel, 0)+1:]
	}
	sort.SliceStable(files, func(i, j int) bool {
		a, b := files[i].Path, files[j].Path
		return days[a] < days[b] || days[a] == days[b] && a < b
	})
	dialect, err := ircSetDialect(files)
	if err != nil {
		return err
	}
	facts.Version, facts.OwnTotal, facts.Platform = dialect.name, -1, "irc"
	r := &ircReader{opt: opt, facts: facts, yield: yield}
	r.group = facts.ref(opt, facts.Group.Name, facts.Group.Name)
	if r.zone, err = zoneFor(opt, dialect.zone, facts); err != nil {
		return err
	}
	r.shape = shapeDay
	return r.readFiles(files, days)
}

// readFiles reads the files in their order, twice: for what is mere presence, then for the events.
func (r *ircReader) readFiles(files []File, days map[string]int64) (err error) {
	if r.mere, err = r.presence(files, days); err != nil {
		return err
	}
	for _, f := range files {
		if err := r.readFile(f, days[f.Path]); err != nil {
			return err
		}
	}
	return nil
}

// ircSetDialect takes the first file that is decided about it.
func ircSetDialect(files []File) (ircDialectOf, error) {
	var d ircDialectOf
	for i, f := range files {
		head, err := readHead(f)
		if err != nil {
			return d, err
		}
		got := ircDialect(head)
		if i == 0 || len(head) > 0 {
			d = got
		}
		if len(head) > 0 && (got.zone == "" || bytes.Contains(head, []byte("\n=== "))) || i > 30 {
			break
		}
	}
	return d, nil
}

func (r *ircReader) readFile(f File, day int64) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	l := newLines(in)
	r.file, r.keys = f.Shown(), newKeyer(r.facts.chat)
	r.begin(l, day)
	for {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.lineNo++
		if err := r.line(line, l); err != nil {
			return err
		}
	}
}

// begin sets the time before a file's first row.
func (r *ircReader) begin(l *lines, day int64) {
	r.day, r.last = day, day
	if head, _ := l.br.Peek(64 << 10); len(head) > 0 {
		r.last = day + firstClock(head)
	}
}

// firstClock is the first time of day in a log: notices before it carry none of their own.
func firstClock(head []byte) int64 {
	for _, line := range headLines(head, 2000) {
		if ms, _, ok := ircClock(line); ok {
			return ms
		}
	}
	return 0
}

// ircClock takes [HH:MM] or [HH:MM:SS] off a line.
func ircClock(line []byte) (ms int64, rest []byte, ok bool) {
	if len(line) < 7 || line[0] != '[' || line[3] != ':' {
		return 0, nil, false
	}
	end := 6
	if line[6] == ':' && len(line) > 9 {
		end = 9
	}
	if line[end] != ']' {
		return 0, nil, false
	}
	ms, ok = clockMS(string(line[1:end]))
	return ms, line[end+1:], ok
}

func (r *ircReader) line(line []byte, l *lines) error {
	r.row = Row{Place: l.n, File: r.file}
	if l.long {
		return r.bad(badLong, line)
	}
	if len(bytes.TrimSpace(line)) == 0 {
		r.row.Kind, r.row.Skip = "blank", "empty"
		return r.yield(&r.row)
	}
	s := r.shape(r, line)
	switch {
	case s.skip != "":
		r.row.Kind, r.row.Skip = "mark", s.skip
		return r.yield(&r.row)
	case !s.ok:
		return r.bad(badShape, line)
	}
	at := r.zone.instant(r.last)
	if !r.opt.plausible(at) {
		return r.bad(badTime, line)
	}
	ev, kind, ok := r.parse(tidy(decodeLine(s.rest, r.facts), r.facts))
	if !ok {
		return r.bad(badShape, line)
	}
	r.row.Kind = kind
	if r.row.Skip = r.mere.why(r.lineNo); r.row.Skip != "" {
		return r.yield(&r.row)
	}
	ev.OccurredAt, ev.Group = at, r.group
	mark := ""
	if s.minute {
		mark = MarkMinute
	}
	word := kind
	if kind == "message" {
		word = ""
	}
	ev.Body.Source = source(word, mark, r.zone.mark)
	r.ev[0] = ev
	r.row.Events = r.ev[:]
	return r.yield(&r.row)
}

func (r *ircReader) bad(why string, line []byte) error {
	r.row.Kind, r.row.Bad, r.row.Raw = "line", why, line
	return r.yield(&r.row)
}

// parse reads what follows the time. The event lacks time and group.
func (r *ircReader) parse(s string) (community.Inbound, string, bool) {
	switch {
	case strings.HasPrefix(s, "<"):
		nick, text, ok := strings.Cut(s[1:], "> ")
		if !ok {
			nick, ok = strings.CutSuffix(s[1:], ">") // said nothing, or spaces that were trimmed
		}
		if !ok || nick == "" {
			return community.Inbound{}, "", false
		}
		return r.said(nick, text, "message"), "message", true
	case strings.HasPrefix(s, "=== "):
		return r.notice(s[4:])
	case strings.HasPrefix(s, "*** "):
		return r.notice(s[4:])
	case strings.HasPrefix(s, "* "), strings.HasPrefix(s, " * "):
		nick, text, _ := strings.Cut(strings.TrimLeft(strings.TrimLeft(s, " ")[1:], " "), " ")
		if nick == "" {
			return community.Inbound{}, "", false
		}
		return r.said(nick, text, "action"), "action", true
	}
	if m := ircToChannel.FindStringSubmatch(s); m != nil {
		return r.said(m[1], m[2], "notice"), "notice", true
	}
	return community.Inbound{}, "", false
}

// ircToChannel is a notice to the channel, -nick:#channel- text, or words from outside it, (nick/#channel) text.
var ircToChannel = regexp.MustCompile(`^[-(]([^\s:/]+)[:/]#[^\s)-]*[-)] (.*)$`)

// said is a message; the key is made from the nick as written, so that it does not depend on what the set knew before.
func (r *ircReader) said(nick, text, kind string) community.Inbound {
	ident := bareNick(nick)
	r.facts.Messages++
	body := text
	if kind != "message" {
		body = kind + "\x00" + text
	}
	ev := community.Inbound{
		Type:  community.MessageCreated,
		Key:   r.keys.hashed(r.last, ident, body),
		Actor: r.people.who(ident),
		Body:  community.Body{Text: text, Name: ident},
	}
	return ev
}

// event is anything that is not a message: keyed by its words.
func (r *ircReader) event(t community.Type, nick, words string) community.Inbound {
	ev := community.Inbound{Type: t, Key: r.keys.hashed(r.last, nick, string(t)+"\x00"+words)}
	if nick != "" {
		ev.Actor = r.people.who(nick)
		ev.Body.Name = nick
	}
	return ev
}

// ircNotice is one shape of notice; make gets the submatches.
type ircNotice struct {
	kind string
	re   *regexp.Regexp
	make func(r *ircReader, m []string) community.Inbound
}

// Notices are tried in this order. Nicks may hold any sign but space; old logs have a blank before the host.
var ircNotices = []ircNotice{
	{"rename", regexp.MustCompile(`^(\S+) +is now known as (\S+)$`), (*ircReader).renamed},
	{"join", regexp.MustCompile(`^(\S+) +\[([^\]]*)\] +has joined [#&]\S*$`), (*ircReader).joined},
	{"join", regexp.MustCompile(`^Joins: (\S+) \(([^)]*)\)$`), (*ircReader).joined},
	{"join", regexp.MustCompile(`^(\S+)() +(?:has )?joined(?: [#&]\S*)?$`), (*ircReader).joined},
	{"join", regexp.MustCompile(`^(\S+)() entered the room\.$`), (*ircReader).joined},
	{"kick", regexp.MustCompile(`^(\S+) was kicked (?:off \S+ |from \S+ )?by (\S+?)(?: [(\[](.*)[)\]])?$`), (*ircReader).kicked},
	{"part", regexp.MustCompile(`^(\S+) +\[([^\]]*)\] +has left [#&]\S*(?: \[(.*)\])?$`), (*ircReader).left},
	{"part", regexp.MustCompile(`^Parts: (\S+) \(([^)]*)\)(?: \((.*)\))?$`), (*ircReader).left},
	{"quit", regexp.MustCompile(`^Quits: (\S+) \(([^)]*)\)(?: \((.*)\))?$`), (*ircReader).left},
	{"quit", regexp.MustCompile(`^(\S+) +\[([^\]]*)\] +has quit(?: [\[(](.*)[\])])?$`), (*ircReader).left},
	{"part", regexp.MustCompile(`^(\S+)() +(?:has )?left(?: [#&]\S*)?(?: \((.*)\))?$`), (*ircReader).left},
	{"topic", regexp.MustCompile(`^(\S+) +changed the topic of \S+ to: ?(.*)$`), (*ircReader).topic},
	{"topic", regexp.MustCompile(`^(\S+) changes topic to '(.*)'$`), (*ircReader).topic},
	{"role", regexp.MustCompile(`^(?:mode/)?\S+ +\[([+-])o (\S+)\] +by (\S+)$`), (*ircReader).role},
	{"role", regexp.MustCompile(`^()()(\S+) sets mode: ([+-])o (\S+)$`), (*ircReader).roleZNC},
}

// notice reads a === or *** line; what no shape fits stays system text, counted with samples.
func (r *ircReader) notice(s string) (community.Inbound, string, bool) {
	for _, n := range ircNotices {
		if m := n.re.FindStringSubmatch(s); m != nil {
			return n.make(r, m), n.kind, true
		}
	}
	r.facts.Unparsed++
	r.facts.sentence(s)
	ev := r.event(community.SystemText, "", s)
	ev.Body.Text = s
	return ev, "system", true
}

func (r *ircReader) renamed(m []string) community.Inbound {
	ev := r.event(community.MemberUpdated, m[1], m[0])
	ev.Actor = r.people.rename(m[1], m[2])
	ev.Body.Name = m[2]
	ev.Body.Data = mustJSON(Renamed{Field: "name", Old: m[1], New: m[2]})
	return ev
}

// Renamed is the Data of a member.updated event that a change of name made. Field is "name" or "card".
type Renamed struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Presence is the Scene of joins and, beside the reason, of departures in channels where coming and going is presence,
// not membership (IRC). Rejoins and netsplits were left out before: see skipRejoin and skipNetsplit.
const Presence = "presence"

func (r *ircReader) joined(m []string) community.Inbound {
	r.people.arrive(m[1], m[2])
	ev := r.event(community.MemberJoined, m[1], m[0])
	ev.Body.Scene = Presence
	return ev
}

func (r *ircReader) left(m []string) community.Inbound {
	ev := r.event(community.MemberLeft, m[1], m[0])
	r.people.depart(m[1], m[2])
	ev.Body.Scene, ev.Body.Reason, ev.Body.Text = Presence, "left", m[3]
	return ev
}

func (r *ircReader) kicked(m []string) community.Inbound {
	ev := r.event(community.MemberLeft, m[1], m[0])
	ev.By = r.people.who(m[2])
	r.people.depart(m[1], "")
	ev.Body.Scene, ev.Body.Reason, ev.Body.Text = Presence, "kicked", m[3]
	return ev
}

func (r *ircReader) topic(m []string) community.Inbound {
	ev := r.event(community.GroupUpdated, m[1], m[0])
	ev.Body.Text = m[2]
	ev.Body.Data = mustJSON(GroupChange{Topic: m[2]})
	return ev
}

// GroupChange is the Data of a group.updated event: what changed has its new value.
type GroupChange struct {
	Name  string `json:"name,omitempty"`
	Topic string `json:"topic,omitempty"`
}

func (r *ircReader) role(m []string) community.Inbound {
	ev := r.event(community.MemberUpdated, m[2], m[0])
	ev.By = r.people.who(m[3])
	ev.Body.Role = community.RoleMember
	if m[1] == "+" {
		ev.Body.Role = community.RoleAdmin
	}
	ev.Actor.Role = ev.Body.Role
	return ev
}

func (r *ircReader) roleZNC(m []string) community.Inbound {
	return r.role([]string{m[0], m[4], m[5], m[3]})
}
