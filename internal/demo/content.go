package demo

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed content/*.txt
var files embed.FS

// content is everything that was written for the community, as parsed from the files of the content folder.
//
// A thread begins with "## topic groups [from-to] [wk|we] [at=-days@hh:mm]", groups being letters of m, 1, 2. Its lines are
// "who[>n][?][!][^]: text": who is a letter a-h (someone fitting), O, M, N (owner and moderators) or a nick; >n answers the
// n-th line; ? may be left out; ! breaks the rules; ^ is where a moderator undoes a false hit. In texts {x|y} is a choice,
// {book} a slot of slots.txt, {a} a nick, {a.city} where
// they live, {3~9} a number, @{a} a mention; [图片], [表情] and others at the head give the class, [撤回] is
// said and taken back.
type content struct {
	people  []entry
	threads []thread
	minis   []thread            // exchanges of a few lines, different every time
	scenes  []thread            // threads with a fixed place in the story
	lines   map[string][]string // by situation
	slots   map[string][]string
	qa      [][]line // one question of a live evening, with its answer
	spam    []spamText
}

// entry is a person as written in people.txt: "nick city job [hours topics]".
type entry struct {
	nick, city, job string
	tier            tier
	hours           string
	topics          []string
}

type thread struct {
	id       int
	topic    string
	groups   string
	from, to int  // hours it may begin in
	week     byte // 0 any day, 'k' working days, 'e' weekend
	daysBack int  // scenes: days before the last day
	clock    int64
	lines    []line
}

type line struct {
	who      string
	reply    int // 1-based line answered; 0 = none
	optional bool
	breaks   bool
	undoes   bool
	text     string
}

type spamText struct {
	kind      string // category of Keywords, or "flood"
	disguised bool   // made to slip past a plain word list
	text      string
}

var loadContent = sync.OnceValue(func() *content {
	c := &content{}
	c.people = parsePeople(read("people.txt"))
	c.lines = parseLists(read("lines.txt"))
	c.slots = parseLists(read("slots.txt"))
	c.spam = parseSpam(read("spam.txt"))
	for _, t := range parseThreads(read("qa.txt")) {
		c.qa = append(c.qa, t.lines)
	}
	c.minis = parseThreads(read("minis.txt"))
	for i := range c.minis {
		c.minis[i].id = 30000 + i
	}
	c.scenes = parseThreads(read("scenes.txt"))
	names, err := files.ReadDir("content")
	if err != nil {
		panic(err)
	}
	for _, f := range names {
		if strings.HasPrefix(f.Name(), "threads") {
			c.threads = append(c.threads, parseThreads(read(f.Name()))...)
		}
	}
	for i := range c.threads {
		c.threads[i].id = i
	}
	return c
})

// named are the nicks that conversations call by name: they must always be there.
func (c *content) named() map[string]bool {
	out := map[string]bool{"毛豆": true, "小北": true}
	for _, list := range [][]thread{c.threads, c.minis, c.scenes, {{lines: slices.Concat(c.qa...)}}} {
		for _, t := range list {
			for _, l := range t.lines {
				out[l.who] = true
			}
		}
	}
	return out
}

// read returns a file's lines, trimmed, without empty ones and comments ("// ").
func read(name string) []string {
	b, err := files.ReadFile("content/" + name)
	if err != nil {
		panic(err) // embedded: cannot be missing
	}
	var out []string
	for _, l := range strings.Split(string(b), "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "// ") {
			out = append(out, l)
		}
	}
	return out
}

// parseLists reads "# name" headings with one item a line below; \n in an item is a line break.
func parseLists(rows []string) map[string][]string {
	lists := map[string][]string{}
	name := ""
	for _, l := range rows {
		if h, ok := strings.CutPrefix(l, "# "); ok {
			name = h
			continue
		}
		lists[name] = append(lists[name], strings.ReplaceAll(l, `\n`, "\n"))
	}
	return lists
}

// parsePeople reads "# tier" headings with one person a line below.
func parsePeople(rows []string) []entry {
	var out []entry
	t := tierStaff
	for _, l := range rows {
		if h, ok := strings.CutPrefix(l, "# "); ok {
			n, err := strconv.Atoi(h)
			must(err, l)
			t = tier(n)
			continue
		}
		f := strings.Fields(l)
		e := entry{nick: f[0], city: f[1], job: f[2], tier: t}
		if len(f) == 5 {
			e.hours, e.topics = f[3], strings.Split(f[4], ",")
		}
		out = append(out, e)
	}
	return out
}

func parseSpam(rows []string) []spamText {
	var out []spamText
	var kind string
	var disguised bool
	for _, l := range rows {
		if h, ok := strings.CutPrefix(l, "# "); ok {
			kind, disguised = strings.CutSuffix(h, " disguised")
			continue
		}
		out = append(out, spamText{kind, disguised, l})
	}
	return out
}

func parseThreads(rows []string) []thread {
	var out []thread
	for _, l := range rows {
		if h, ok := strings.CutPrefix(l, "## "); ok {
			out = append(out, parseHead(h))
			continue
		}
		t := &out[len(out)-1]
		t.lines = append(t.lines, parseLine(l))
	}
	return out
}

func parseHead(h string) thread {
	f := strings.Fields(h)
	t := thread{topic: f[0], groups: "m12", from: 8, to: 23}
	if len(f) > 1 {
		t.groups = f[1]
	}
	for _, opt := range f[min(2, len(f)):] {
		switch {
		case opt == "wk", opt == "we":
			t.week = opt[1]
		case strings.HasPrefix(opt, "at="):
			var hh, mm int64
			_, err := fmt.Sscanf(opt, "at=-%d@%d:%d", &t.daysBack, &hh, &mm)
			must(err, h)
			t.clock = hh*hour + mm*minute
		default:
			_, err := fmt.Sscanf(opt, "%d-%d", &t.from, &t.to)
			must(err, h)
		}
	}
	return t
}

func parseLine(l string) line {
	head, text, ok := strings.Cut(l, ":")
	if !ok {
		panic("demo: line without speaker: " + l)
	}
	var out line
	out.text = strings.ReplaceAll(strings.TrimSpace(text), `\n`, "\n")
	for {
		n := len(head) - 1
		switch head[n] {
		case '?':
			out.optional = true
		case '!':
			out.breaks = true
		case '^':
			out.undoes = true
		default:
			who, num, isReply := strings.Cut(head, ">")
			out.who = who
			if isReply {
				n, err := strconv.Atoi(num)
				must(err, l)
				out.reply = n
			}
			return out
		}
		head = head[:n]
	}
}

// must stops on a mistake in an embedded file, which a test meets before any visitor can.
func must(err error, where string) {
	if err != nil {
		panic(fmt.Sprintf("demo: %s: %v", where, err))
	}
}
