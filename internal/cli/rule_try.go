package cli

import (
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// draftVersion is what Books.Body calls a group's draft.
const draftVersion = -1

// cutVersion reads "GROUP@VERSION"; "GROUP@" is the version in force, "GROUP@draft" the draft.
func cutVersion(arg string) (group string, version int, ok bool) {
	i := strings.LastIndexByte(arg, '@')
	if i <= 0 {
		return "", 0, false
	}
	if arg[i+1:] == "" {
		return arg[:i], 0, true
	}
	if arg[i+1:] == "draft" {
		return arg[:i], draftVersion, true
	}
	n, err := strconv.Atoi(arg[i+1:])
	return arg[:i], n, err == nil && n > 0
}

type ruleTestCmd struct {
	Book     string `arg:"" help:"文件、- 或 群@版本（群@ 为现行）|a file, - or GROUP@VERSION (GROUP@ = in force)"`
	Text     string `arg:"" optional:"" help:"消息；--join 时不用|the message; not with --join"`
	Role     string `enum:",member,admin,owner" default:"" help:"发言人的角色|role of the author"`
	Joined   string `placeholder:"SPAN" help:"入群多久了，如 2h|how long ago the author joined, e.g. 2h"`
	Messages int    `help:"之前说过几句|how many messages before"`
	Strikes  int    `help:"已有几次有效记分|live strikes already there"`
	Repeat   int    `default:"1" help:"一秒内连发几次|how often within a second"`
	At       string `placeholder:"TIME" help:"何时，默认现在|when, by default now"`
	Class    string `enum:",text,link,share,file,image,voice,video,forward,card" default:"" help:"消息类型：text、link 链接卡片、share 小程序、file、image、voice、video、forward、card|kind of message: text, link (a card), share (a mini-program), file, image, voice, video, forward, card"`

	Join       bool   `help:"试有人进群，而不是一条消息|somebody joins, instead of a message"`
	Scene      string `placeholder:"SCENE" help:"--join：进群方式 qr、invite、search、link、request|--join: qr, invite, search, link, request"`
	State      string `placeholder:"MARK" help:"--join：来源标记|--join: the source's mark"`
	Unofficial bool   `help:"消息来自非官方接入|told by an unofficial gateway"`
}

// Feeds says that stdin may be the rulebook.
func (q *ruleTestCmd) Feeds() bool { return q.Book == "-" }

// trialLine is one rule's answer.
type trialLine struct {
	Rule string   `json:"rule" col:"规则|rule"`
	Name string   `json:"name" col:"名称|name"`
	Kind string   `json:"kind" col:"种类|kind"`
	Mode string   `json:"mode" col:"方式|mode"`
	Hit  bool     `json:"hit" col:"命中|hit"`
	Why  string   `json:"why" col:"依据|why"`
	Part []string `json:"matched" col:"命中的字|matched"`
}

// trialPage is what would follow from a message.
type trialPage struct {
	Rules     []trialLine          `json:"rules"`
	Decisions []community.Decision `json:"decisions"`
}

func (ruleTestCmd) Shape() any { return trialPage{} }
func (ruleTestCmd) Examples() []example {
	return []example{
		{"rule test 产品交流群@ '加V：abc123 免费领' --joined 1h", [2]string{"现行群规会怎么处理", "what the rulebook in force would do"}},
		{"rule test 产品交流群@draft --class file", [2]string{"草稿会怎么处理一个文件", "what the draft would do about a file"}},
		{"rule test book.json --join --scene qr --state poster", [2]string{"扫这张海报进群的人会看到什么欢迎", "how somebody who scanned that poster is greeted"}},
	}
}

// Validate bounds the numbers; called by the parser.
func (q *ruleTestCmd) Validate() error {
	if q.Repeat < 1 || q.Repeat > 1000 || q.Strikes < 0 || q.Strikes > 100 || q.Messages < 0 {
		return badUsage("--repeat 1 到 1000，--strikes 0 到 100", "--repeat 1 to 1000, --strikes 0 to 100")
	}
	if q.Join && q.Text != "" || !q.Join && q.Text == "" && tryClasses[q.Class] == community.Text {
		return badUsage("要么给一条消息，要么用 --join", "give a message, or --join")
	}
	return nil
}

// Do tries a message on a rulebook.
func (q *ruleTestCmd) Do(c *call, h *House) error {
	raw, err := c.book(h, q.Book)
	if err != nil {
		return err
	}
	ready, err := h.Books.Ready(raw)
	if err != nil {
		return err
	}
	probe, err := q.probe(c)
	if err != nil {
		return err
	}
	trial := policy.Test(ready, probe)
	p := trialPage{Decisions: trial.Decisions, Rules: mapped(trial.Rules, func(r policy.TrialRule) trialLine { return lineOfTrial(r, q.Text) })}
	if p.Decisions == nil {
		p.Decisions = []community.Decision{}
	}
	if c.json {
		return c.printJSON(p)
	}
	if err := printList(c, p.Rules, len(p.Rules)); err != nil {
		return err
	}
	for _, d := range p.Decisions {
		c.say("结论：%s，第 %d 级：%s", "verdict: %s, rung %d: %s", d.Verdict, d.Rung, strings.Join(verbsOf(d.Actions), " "))
		for _, a := range d.Actions {
			if a.Text != "" {
				c.say("会说：%s", "it would say: %s", printable(a.Text))
			}
		}
	}
	return nil
}

// tryClasses are the kinds of messages that can be tried.
var tryClasses = map[string]community.Class{"": community.Text, "text": community.Text, "link": community.Link, "share": community.Share, "file": community.File,
	"image": community.Image, "voice": community.Voice, "video": community.Video, "forward": community.Forward, "card": community.Card}

func (q *ruleTestCmd) probe(c *call) (policy.Probe, error) {
	p := policy.Probe{Text: q.Text, Class: tryClasses[q.Class], Role: community.Role(q.Role), Messages: int64(q.Messages), Strikes: q.Strikes, Repeat: q.Repeat, At: c.program.now().UnixMilli(),
		Join: q.Join, Scene: q.Scene, State: q.State, Unofficial: q.Unofficial}
	if q.Joined != "" {
		d, ok := readSpan(q.Joined)
		if !ok {
			return p, badUsage("--joined %q 看不懂，例如 2h、3d", "--joined %q: want e.g. 2h, 3d", q.Joined)
		}
		p.JoinedMs = d.Milliseconds()
	}
	if q.At != "" {
		at, err := c.when(q.At)
		p.At = at
		return p, err
	}
	return p, nil
}

func lineOfTrial(r policy.TrialRule, text string) trialLine {
	l := trialLine{Rule: r.ID, Name: r.Name, Kind: r.Kind, Mode: r.Mode, Hit: r.Hit != nil, Part: []string{}}
	if r.Hit == nil {
		return l
	}
	l.Why = r.Hit.Why
	for _, s := range r.Hit.Spans {
		if s.Start >= 0 && s.End <= len(text) && s.Start < s.End {
			l.Part = append(l.Part, text[s.Start:s.End])
		}
	}
	return l
}

func verbsOf(actions []community.Action) []string {
	return mapped(actions, func(a community.Action) string {
		if a.Hold != "" {
			return string(a.Verb) + "(" + a.Hold + ")"
		}
		return string(a.Verb)
	})
}
