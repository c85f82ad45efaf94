package importer

import (
	"bytes"
	"regexp"
	"strings"
	"time"
)

// irssi reads irssi's logs as the client writes them by itself (formats.md §14, not verified against a sample): the date
// stands in marks between the lines, "--- Log opened …" and "--- Day changed …".
func irssi() Format {
	return Format{
		Name:     "irssi",
		Title:    [2]string{"irssi 日志（未经样本验证）", "irssi logs (not verified against a sample)"},
		Platform: "irc",
		Sniff: func(head []byte, _ string) int {
			return ircMarked(head, irssiMark, irssiLine)
		},
		Chats:    ircFileChats,
		Zoneless: func([]byte, string) bool { return true },
		Read: func(u *Unit, opt Options, facts *Facts, yield Yield) error {
			return readIRCMarked(u, opt, facts, yield, "irssi", shapeIrssi)
		},
	}
}

var (
	irssiMark = regexp.MustCompile(`^--- (?:Log opened|Log closed|Day changed) `)
	irssiLine = regexp.MustCompile(`^\d\d:\d\d(?::\d\d)? (?:<[^>]+> |-!- | \* )`)
)

// ircMarked says how sure a file is one whose lines have a shape and whose dates stand in marks or in the lines.
func ircMarked(head []byte, mark, line *regexp.Regexp) int {
	total, hits, marks := 0, 0, 0
	for _, b := range headLines(head, 200) {
		if len(bytes.TrimSpace(b)) == 0 {
			continue
		}
		total++
		if mark.Match(b) {
			marks++
		}
		if mark.Match(b) || line.Match(b) {
			hits++
		}
	}
	if total == 0 || hits*10 < total*8 || marks == 0 {
		return 0
	}
	return 90
}

// ircFileChats takes the channel from the file's name: #channel.log, or network.#channel.weechatlog.
func ircFileChats(f File) ([]Chat, error) {
	name := bareName(f.Path)
	if i := strings.IndexByte(name, '#'); i >= 0 {
		name = name[i:]
	}
	return []Chat{{ID: name, Name: name}}, nil
}

// readIRCMarked reads one file that brings its dates along.
func readIRCMarked(u *Unit, opt Options, facts *Facts, yield Yield, dialect string, shape ircShape) error {
	chats, err := ircFileChats(u.Files[0])
	if err != nil {
		return err
	}
	facts.Version, facts.OwnTotal, facts.Platform = dialect, -1, "irc"
	r := &ircReader{opt: opt, facts: facts, yield: yield, shape: shape}
	r.group = facts.ref(opt, chats[0].ID, chats[0].Name)
	if r.zone, err = zoneFor(opt, "", facts); err != nil {
		return err
	}
	return r.readFiles(u.Files[:1], map[string]int64{u.Files[0].Path: 0})
}

// irssiDays are how the marks write a date.
var irssiDays = []string{"Mon Jan 02 15:04:05 2006", "Mon Jan 2 15:04:05 2006", "Mon Jan 02 2006", "Mon Jan 2 2006"}

// shapeIrssi takes the time of day off a line; its day is that of the mark before. A row before any mark has no day.
func shapeIrssi(r *ircReader, line []byte) shaped {
	if m := irssiMark.Find(line); m != nil {
		for _, layout := range irssiDays {
			if t, err := time.Parse(layout, strings.TrimSpace(string(line[len(m):]))); err == nil {
				r.day = t.UnixMilli() / dayMS * dayMS
				r.last = r.day
				break
			}
		}
		return shaped{skip: "mark", ok: true}
	}
	clock, rest, ok := bytes.Cut(line, []byte{' '})
	ms, fine := clockMS(string(clock))
	if !ok || !fine {
		return shaped{}
	}
	if r.day == 0 {
		r.last = -1 // no date: a bad time
		return shaped{rest: rest, ok: true}
	}
	r.last = r.day + ms
	if notice, ok := bytes.CutPrefix(rest, []byte("-!- ")); ok {
		rest = append([]byte("*** "), notice...)
	}
	return shaped{rest: irssiNick(rest), minute: len(clock) == len("15:04"), ok: true}
}

// irssiNick takes the place for a mode off a nick: "< nick>" and "<@nick>".
func irssiNick(rest []byte) []byte {
	if bytes.HasPrefix(rest, []byte("< ")) {
		return append([]byte{'<'}, rest[2:]...)
	}
	return rest
}
