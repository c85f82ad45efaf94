package cli

import (
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

type formatsCmd struct {
	Show formatsShowCmd `cmd:"" default:"withargs" help:"各种形式：成本、触达、回应、退群、偏好|formats: cost, reach, replies, departures, preference"`
	Said formatsSaidCmd `cmd:"" help:"写一次发送的形式、成本、阅读数|say the format, cost and reads of something sent"`
	Add  formatsAddCmd  `cmd:"" help:"补记一次在别处做的发送|enter something that came without Qunluo"`
	Poll formatsPollCmd `cmd:"" help:"记一次问过喜欢哪种形式的投票|enter a poll on which format is liked"`
}

type formatsShowCmd struct {
	fresh `kong:"-"`
	daysAsked
}

// FormatReport compares formats in a group, in the groups with a tag, or in all. Shares stand with their 95 % Wilson interval, over groups of the
// n / design_effect independent people that n people in groups are worth, with Student's quantile; of n < 20 (few) counts lead. −1 = not known.
type FormatReport struct {
	Group string       `json:"group"` // "" = several
	Tag   string       `json:"tag"`
	From  string       `json:"from"`
	To    string       `json:"to"`
	Named []string     `json:"compared"`      // formats of which a send counts
	Every int          `json:"offered_every"` // members who were offered each of them
	Rows  []FormatLine `json:"formats"`
	Sent  []ThingLine  `json:"sent"`
	Polls int          `json:"polls"`

	Groups   []FormatPlace `json:"groups"`     // over several: those that something came to
	GroupsOf int           `json:"groups_of"`  // in the scope, with and without
	Asked    int           `json:"groups_had"` // that something came to; more than were looked at: those are a draw
	Unread   int           `json:"groups_unread"`
}

// FormatPlace is one group in a comparison over several; its intervals are its own.
type FormatPlace struct {
	Group    string      `json:"group"`
	ID       string      `json:"id"`
	Sends    int         `json:"sends"`
	Open     int         `json:"not_counted"`
	Offered  int64       `json:"offered"`
	Answered FormatShare `json:"answered"`
	Leaves   FormatShare `json:"left_24h"`
}

// FormatLine is one format.
type FormatLine struct {
	Format   string      `json:"format" col:"形式|format"`
	Things   int         `json:"things" col:"内容|things"`
	Sends    int         `json:"sends" col:"次数|times"`
	Open     int         `json:"not_counted"`
	Guessed  int         `json:"guessed"`
	Minutes  float64     `json:"minutes" col:"分钟|minutes"` // −1 = nobody said
	Money    Amount      `json:"money"`
	Costed   int         `json:"things_with_cost"`
	Offered  int64       `json:"offered" col:"收到人次|offered"`
	Reach    FormatShare `json:"reach"` // of = 0: unknown
	Replies  int         `json:"replies"`
	Answered FormatShare `json:"answered" col:"回应|answered"`
	Leaves   FormatShare `json:"left_24h" col:"24h 退群|left in 24 h"`
	Usual    float64     `json:"usual_24h" col:"平常|usual"`
	Liked    FormatShare `json:"preference_by_poll" col:"按投票|by poll"`
	Engaged  FormatShare `json:"preference_by_behaviour" col:"按行为|by behaviour"`
}

// FormatShare is a share with its interval.
type FormatShare struct {
	Num   int64   `json:"num"`
	Of    int64   `json:"of"`
	Share float64 `json:"share"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Few   bool    `json:"few"`

	Groups int     `json:"groups"`        // with somebody in it; 0 = it is of one group
	Design float64 `json:"design_effect"` // 0 = it is of one group
}

// String is a share as tables print it.
func (s FormatShare) String() string {
	if s.Of == 0 {
		return "–"
	}
	return strconv.FormatInt(s.Num, 10) + "/" + strconv.FormatInt(s.Of, 10)
}

func shareOf(p measure.Part) FormatShare {
	return FormatShare{p.Num, p.Den, p.Share, p.Low, p.High, p.Few, p.Groups, p.Design}
}

// ThingLine is a thing that came, by what "formats said" takes.
type ThingLine struct {
	Kind     string `json:"kind"`
	Source   string `json:"source"`
	Step     string `json:"step"`
	Title    string `json:"title"`
	At       Moment `json:"at"`
	Format   string `json:"format"`
	Guessed  bool   `json:"guessed"`
	Counted  bool   `json:"counted"`
	Offered  int    `json:"offered"`
	Answered int    `json:"answered"`
	Left     int    `json:"left_24h"`
}

func (formatsShowCmd) Shape() any { return FormatReport{} }
func (formatsShowCmd) Examples() []example {
	return []example{{"insight formats '#books' --json", [2]string{"30 天里哪种形式更受欢迎", "which format was liked in 30 days"}},
		{"insight formats --tag 华东 --from 2026-01-01 --to 2026-01-31 --json", [2]string{"带一个标签的全部群，区间按群算", "all groups with a tag, with intervals over groups"}}}
}

// Do compares formats.
func (q *formatsShowCmd) Do(c *call, h *House) error {
	_, g, from, to, err := q.of(c, h, 30)
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	out := FormatReport{Group: q.Group, Tag: q.Tag, From: from.String(), To: to.String(), Sent: []ThingLine{}, Groups: []FormatPlace{}}
	if g == 0 {
		over, err := p.FormatsOver(c.ctx, q.Tag, from, to)
		if err != nil {
			return err
		}
		out.take(over.FormatReport)
		out.GroupsOf, out.Asked, out.Unread = over.Of, over.Asked, over.Unread
		for _, v := range over.Groups {
			out.Groups = append(out.Groups, FormatPlace{v.Name, v.ID.String(), v.Sends, v.Open, v.Offers, shareOf(v.Answered), shareOf(v.Leaves)})
		}
		return out.print(c)
	}
	rep, list, _, err := p.Formats(c.ctx, g, from, to)
	if err != nil {
		return err
	}
	out.take(rep)
	for _, s := range list {
		out.Sent = append(out.Sent, ThingLine{s.Kind, s.Source.String(), s.Step, s.Title, Moment(s.At), s.FormatIs(), s.Format == "", s.Counted, len(s.Offered), len(s.Answered), len(s.Left)})
	}
	return out.print(c)
}

func (out FormatReport) print(c *call) error {
	if c.json {
		return c.printJSON(out)
	}
	return printList(c, out.Rows, len(out.Rows))
}

// take fills in what was compared.
func (out *FormatReport) take(rep measure.FormatReport) {
	out.Named, out.Every, out.Polls, out.Rows = append([]string{}, rep.Named...), len(rep.Every), rep.Polls, []FormatLine{}
	for _, r := range rep.Rows {
		line := FormatLine{Format: r.Format, Things: r.Things, Sends: r.Sends, Open: r.Open, Guessed: r.Guessed, Minutes: -1, Money: -1, Costed: r.Costed, Offered: r.Offers, Replies: r.Replies, Answered: shareOf(r.Answered), Leaves: shareOf(r.Leaves), Usual: r.Usual,
			Liked: shareOf(r.Liked), Engaged: shareOf(r.Engaged)}
		if r.Costed > 0 {
			line.Minutes, line.Money = r.Minutes, Amount(r.Fen+0.5)
		}
		if r.ReadOf > 0 {
			line.Reach = shareOf(r.Reach)
		}
		out.Rows = append(out.Rows, line)
	}
}

// saidFlags are what a person says of a thing sent.
type saidFlags struct {
	Format  string `enum:",article,voice_live,short_video,poll,other" default:"" help:"article 文章，voice_live 语音直播，short_video 短视频，poll 投票，other 其他|article, voice_live, short_video, poll, other"`
	Minutes int64  `default:"-1" help:"花了几分钟，-1 为不知道|minutes it took, -1 = not known"`
	Money   string `placeholder:"50.00" help:"花了多少钱（元），不给就是不知道|money it took, left out: not known"`
	Reads   int64  `default:"-1" help:"平台告诉的阅读人数，-1 为不知道|readers as the platform tells, -1 = not known"`
}

func (q saidFlags) said() (measure.SentSaid, error) {
	v := measure.SentSaid{Format: q.Format, Minutes: q.Minutes, Fen: measure.SentUnknown, Reads: q.Reads}
	if q.Money != "" {
		fen, err := community.ParseAmount(q.Money)
		if err != nil {
			return v, badUsage("--money 要写成 50.00", "--money: want 50.00")
		}
		v.Fen = fen
	}
	return v, nil
}

type formatsSaidCmd struct {
	Kind   string `arg:"" enum:"broadcast,sop,ballot,hand" help:"broadcast 群发，sop 群 SOP 的一步，ballot 每周评选，hand 补记的|broadcast, sop, ballot or hand"`
	Source string `arg:"" help:"编号，见 insight formats --json|id, see insight formats --json"`
	Step   string `help:"SOP 的哪一步|which step of an SOP"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
	saidFlags
}

func (formatsSaidCmd) Shape() any          { return notedLine{} }
func (formatsSaidCmd) Examples() []example { return nil }

// Do keeps what is said.
func (q *formatsSaidCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	id, err := community.ParseID(q.Source)
	if err != nil {
		return badUsage("编号 %q 不对", "%q is no id", q.Source)
	}
	v, err := q.said()
	if err != nil {
		return err
	}
	if err := p.SaySent(c.ctx, user, measure.SentKey{Kind: q.Kind, Source: id, Step: q.Step}, v, q.Reason); err != nil {
		return err
	}
	return printOne(c, notedLine{Entered: 1})
}

// notedLine is how many things were entered or changed.
type notedLine struct {
	Entered int `json:"entered" col:"已记|entered"`
}

type formatsAddCmd struct {
	Group string `arg:"" help:"群|group"`
	Title string `arg:"" help:"内容|what it was"`
	At    string `required:"" placeholder:"TIME" help:"什么时候，2006-01-02 15:04，群的时区|when, 2006-01-02 15:04, in the group's zone"`
	saidFlags
}

func (formatsAddCmd) Shape() any { return notedLine{} }
func (formatsAddCmd) Examples() []example {
	return []example{{"insight formats add '#books' 第三章语音直播 --at '2026-11-20 20:00' --format voice_live --minutes 90", [2]string{"补记一次语音直播", "enter a voice live"}}}
}

// Do enters a thing.
func (q *formatsAddCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(g.Zone)
	if err != nil {
		return err
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", q.At, zone)
	if err != nil {
		return badUsage("--at 要写成 2006-01-02 15:04", "--at: want 2006-01-02 15:04")
	}
	v, err := q.said()
	if err != nil {
		return err
	}
	if _, err := p.AddSent(c.ctx, user, g.Key, q.Title, at.UnixMilli(), v); err != nil {
		return err
	}
	return printOne(c, notedLine{Entered: 1})
}

type formatsPollCmd struct {
	Group  string   `arg:"" help:"群|group"`
	Title  string   `arg:"" help:"投票的题目|what was asked"`
	Day    string   `required:"" placeholder:"DAY" help:"哪天，2006-01-02|on which day, 2006-01-02"`
	Option []string `required:"" placeholder:"WORDS=N" help:"选项和票数，如 文章=12；选项要写明形式|an option and its votes, e.g. article=12; options name formats"`
}

func (formatsPollCmd) Shape() any { return notedLine{} }
func (formatsPollCmd) Examples() []example {
	return []example{{"insight formats poll '#books' 更喜欢哪种 --day 2026-11-20 --option 文章=12 --option 短视频=30", [2]string{"记下投票结果", "enter what came out of a poll"}}}
}

// Do enters a poll.
func (q *formatsPollCmd) Do(c *call, h *House) error {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	v := measure.FormatPollRow{Group: g.Key, Title: q.Title, Votes: map[string]int64{}}
	if v.Day, err = measure.ParseDay(q.Day); err != nil {
		return badUsage("--day 要写成 2006-01-02", "--day: want 2006-01-02")
	}
	for _, o := range q.Option {
		words, count, _ := strings.Cut(o, "=")
		n, err := strconv.ParseInt(count, 10, 64)
		format := measure.FormatNamed(words)
		if err != nil || format == "" {
			return badUsage("选项 %q 要写成 文章=12，并写明是哪种形式", "option %q: want article=12, naming a format", o)
		}
		v.Votes[format] += n
	}
	if _, err := p.AddFormatPoll(c.ctx, user, v); err != nil {
		return err
	}
	return printOne(c, notedLine{Entered: 1})
}
