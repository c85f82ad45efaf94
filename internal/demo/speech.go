package demo

import (
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
)

// said is a message before it gets its place.
type said struct {
	text     string
	class    community.Class
	reply    string
	segments []community.Segment
	takeBack bool
}

var classes = []struct {
	head    string
	class   community.Class
	segment string
}{
	{"[图片]", community.Image, "image"}, {"[动画表情]", community.Sticker, "face"}, {"[语音]", community.Voice, "audio"},
	{"[视频]", community.Video, "video"}, {"[文件]", community.File, "file"}, {"[链接]", community.Link, "link"},
	{"[红包]", community.RedPack, "unknown"}, {"[位置]", community.Location, "unknown"}, {"[接龙]", community.Share, "text"},
}

// speech turns written lines into messages: choices, slots, names and mentions filled in, the same way throughout one
// conversation.
type speech struct {
	w     *world
	at    int64
	cast  map[string]*person
	slots map[string]string
}

func (w *world) newSpeech(cast map[string]*person) *speech {
	return &speech{w: w, cast: cast, slots: map[string]string{}}
}

// render makes a message of a written line as p would say it at that time.
func (s *speech) render(p *person, text string, at int64) said {
	s.at = at
	var m said
	text, m.takeBack = strings.CutPrefix(text, "[撤回]")
	m.text = s.fill(text, &m)
	if m.class = classOf(m.text); m.class != community.Text {
		m.segments = []community.Segment{{Kind: segmentOf(m.text), Text: m.text}}
		return m
	}
	if len(m.segments) > 0 {
		return m
	}
	m.text = p.voice(s.w.chance, m.text)
	return m
}

// fill replaces {…} from left to right and collects mentions as segments.
func (s *speech) fill(text string, m *said) string {
	var out strings.Builder
	done := 0 // bytes of out already covered by segments
	for {
		before, rest, ok := strings.Cut(text, "{")
		if !ok {
			break
		}
		inner, after := enclosed(rest)
		if p := s.cast[inner]; p != nil && strings.HasSuffix(before, "@") {
			out.WriteString(before[:len(before)-1])
			if part := out.String()[done:]; part != "" {
				m.segments = append(m.segments, community.Segment{Kind: "text", Text: part})
			}
			at := "@" + p.who(s.at).Shown() + " "
			m.segments = append(m.segments, community.Segment{Kind: "at", Text: strings.TrimSpace(at), Ref: p.id})
			out.WriteString(at)
			done = out.Len()
			after = strings.TrimPrefix(after, " ")
		} else {
			out.WriteString(before)
			out.WriteString(s.fill(s.value(inner), &said{})) // no mentions within choices
		}
		text = after
	}
	out.WriteString(text)
	if m.segments != nil && out.Len() > done {
		m.segments = append(m.segments, community.Segment{Kind: "text", Text: out.String()[done:]})
	}
	return out.String()
}

// enclosed is what stands before the brace that closes, and what follows it.
func enclosed(text string) (inner, after string) {
	depth := 1
	for i, r := range text {
		switch r {
		case '{':
			depth++
		case '}':
			depth--
		}
		if depth == 0 {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// alternatives cuts a choice at its own bars, not at those of choices within.
func alternatives(text string) []string {
	var out []string
	depth, from := 0, 0
	for i, r := range text {
		switch {
		case r == '{':
			depth++
		case r == '}':
			depth--
		case r == '|' && depth == 0:
			out = append(out, text[from:i])
			from = i + 1
		}
	}
	return append(out, text[from:])
}

func (s *speech) value(name string) string {
	if strings.Contains(name, "|") {
		return pick(s.w.chance, alternatives(name))
	}
	if p := s.cast[name]; p != nil {
		return p.nick
	}
	if who, ok := strings.CutSuffix(name, ".city"); ok {
		return s.cast[who].city
	}
	if lo, hi, ok := strings.Cut(name, "~"); ok { // {3~9}: a number
		l, err := strconv.ParseInt(lo, 10, 64)
		must(err, name)
		h, err := strconv.ParseInt(hi, 10, 64)
		must(err, name)
		return strconv.FormatInt(s.w.chance.between(l, h), 10)
	}
	if v, ok := s.slots[name]; ok {
		return v
	}
	list := s.w.content.slots[strings.TrimRight(name, "0123456789")]
	if len(list) == 0 {
		panic("demo: nothing to fill in for {" + name + "}")
	}
	v := pick(s.w.chance, list)
	for i := 0; i < 8 && s.holds(v); i++ {
		v = pick(s.w.chance, list)
	}
	s.slots[name] = v
	return v
}

func (s *speech) holds(v string) bool {
	for _, have := range s.slots {
		if have == v {
			return true
		}
	}
	return false
}

func classOf(text string) community.Class {
	for _, c := range classes {
		if strings.HasPrefix(text, c.head) {
			return c.class
		}
	}
	return community.Text
}

func segmentOf(text string) string {
	i := slices.IndexFunc(classes, func(c struct {
		head    string
		class   community.Class
		segment string
	}) bool {
		return strings.HasPrefix(text, c.head)
	})
	return classes[i].segment
}
