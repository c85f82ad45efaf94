package irc

import (
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
)

const (
	maxLine = 512        // bytes that we send, with CR LF
	maxRead = 8191 + 512 // bytes that we read: tags and a line
)

// Line is one message of the protocol.
type Line struct {
	Tags    map[string]string
	Source  string // "nick!user@host" or a server
	Command string // upper case, or three digits
	Params  []string
}

// ParseLine reads a line without its end. CodeBadInput or CodeTooLarge says why it is none. Bytes that are no UTF-8 are
// replaced.
func ParseLine(data []byte) (Line, error) {
	if len(data) > maxRead {
		return Line{}, community.Errorf(community.CodeTooLarge, "line of %d bytes, at most %d", len(data), maxRead)
	}
	var l Line
	rest := strings.ToValidUTF8(string(data), "�")
	if tags, ok := strings.CutPrefix(rest, "@"); ok {
		tags, rest, _ = strings.Cut(tags, " ")
		l.Tags = parseTags(tags)
	}
	rest = strings.TrimLeft(rest, " ")
	if source, ok := strings.CutPrefix(rest, ":"); ok {
		l.Source, rest, _ = strings.Cut(source, " ")
	}
	rest = strings.TrimLeft(rest, " ")
	l.Command, rest, _ = strings.Cut(rest, " ")
	l.Command = strings.ToUpper(l.Command)
	if !isCommand(l.Command) {
		return Line{}, community.Errorf(community.CodeBadInput, "a line without a command")
	}
	for rest = strings.TrimLeft(rest, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		if last, ok := strings.CutPrefix(rest, ":"); ok {
			l.Params = append(l.Params, last)
			break
		}
		var one string
		one, rest, _ = strings.Cut(rest, " ")
		l.Params = append(l.Params, one)
	}
	return l, nil
}

func isCommand(text string) bool {
	for _, r := range text {
		if (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return false
		}
	}
	return text != ""
}

var unescape = strings.NewReplacer(`\:`, ";", `\s`, " ", `\\`, `\`, `\r`, "\r", `\n`, "\n")

func parseTags(text string) map[string]string {
	tags := map[string]string{}
	for one := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(one, "=")
		tags[name] = unescape.Replace(value)
	}
	return tags
}

// param is the i-th parameter, "" when there is none.
func (l Line) param(i int) string {
	if i >= 0 && i < len(l.Params) {
		return l.Params[i]
	}
	return ""
}

func (l Line) last() string { return l.param(len(l.Params) - 1) }

// nick is who sent it.
func (l Line) nick() string {
	nick, _, _ := strings.Cut(l.Source, "!")
	return nick
}

// address is "user@host", "" when the line does not tell.
func (l Line) address() string {
	_, address, _ := strings.Cut(l.Source, "!")
	return address
}

// word makes a text fit to be a parameter in the middle: no space, no line end, no colon in front.
func word(text string) string {
	text = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, text)
	return strings.TrimLeft(text, ":")
}

// trail makes a text fit to be the last parameter: one line.
func trail(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }), " ")
}

// pieces cuts a text into lines of at most room bytes, at rune borders and, where one is near, at a space.
func pieces(text string, room int) []string {
	var out []string
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\r' || r == '\n' || r == 0 }) {
		for len(line) > room {
			cut := room
			for cut > 0 && !utf8.RuneStart(line[cut]) {
				cut--
			}
			if space := strings.LastIndexByte(line[:cut], ' '); space > cut/2 {
				cut = space + 1
			}
			out = append(out, line[:cut])
			line = line[cut:]
		}
		if strings.TrimSpace(line) != "" {
			out = append(out, line)
		}
	}
	return out
}

// plain takes the signs for bold, colours and the like out of a text.
func plain(text string) string {
	if !strings.ContainsAny(text, "\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case 0x02, 0x0f, 0x11, 0x16, 0x1d, 0x1e, 0x1f:
		case 0x03:
			i += colour(text[i+1:])
		case 0x04:
			i += min(6, len(text)-i-1)
		default:
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

// colour is how many bytes of "4" or "12,05" follow a colour sign.
func colour(text string) int {
	digits := func(from int) int {
		n := 0
		for n < 2 && from+n < len(text) && text[from+n] >= '0' && text[from+n] <= '9' {
			n++
		}
		return n
	}
	n := digits(0)
	if n > 0 && n < len(text) && text[n] == ',' {
		if more := digits(n + 1); more > 0 {
			n += 1 + more
		}
	}
	return n
}
