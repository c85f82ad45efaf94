package cli

import (
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// waysOf reads the ways of a group's members until a day.
func waysOf(c *call, in Insights, g community.GroupKey, to measure.Day) ([]measure.Way, measure.History, map[community.MemberKey]int64, error) {
	h, err := in.History(c.ctx, g, to)
	if err != nil {
		return nil, h, nil, err
	}
	tr, err := in.Traces(c.ctx, g, h)
	return measure.Ways(h, tr), h, tr.Asked(), err
}

// oneGroup refuses what is not one group.
func (q *daysAsked) oneGroup() error {
	if q.Group == "" || q.Tag != "" {
		return badUsage("按一个群算：给一个群，不用 --tag", "this is of one group: name it, without --tag")
	}
	return nil
}

type boardCmd struct {
	fresh `kong:"-"`
	daysAsked
}

// BoardReport is acquisition, activation, retention, referral and revenue of a group. Definitions: activated is who spoke within
// 7 days of joining and was then answered, quoted or addressed; W4 is active on a day of 22 to 28 after joining; K = i · c, guests
// count when they were still there after 7 days. Revenue is by currency, net of refunds.
type BoardReport struct {
	Group     string       `json:"group" col:"群|group"`
	From      string       `json:"from" col:"从|from"`
	To        string       `json:"to" col:"到|to"`
	Came      int          `json:"acquisition" col:"获客|acquisition"`
	Asked     int          `json:"asked" col:"申请|asked"`
	Admitted  Ratio        `json:"admitted" col:"放行|let in"`
	Activated Ratio        `json:"activation" col:"激活|activation"`
	Waiting   int          `json:"activation_waiting" col:"未满 7 天|7 days not passed"`
	Week4     Ratio        `json:"retention_w4" col:"留存 W4|retention W4"`
	I         Ratio        `json:"invites_per_activated" col:"i|i"`
	C         Ratio        `json:"invited_activated" col:"c|c"`
	K         Ratio        `json:"referral_k" col:"推荐 K|referral K"`
	Cycle     float64      `json:"cycle_days" col:"一轮天数|cycle (days)"` // median; -1 = not known
	Revenue   []MoneyLine  `json:"revenue"`
	People    []BoardGroup `json:"people"`
}

// MoneyLine is what was paid in one currency.
type MoneyLine struct {
	Currency string `json:"currency" col:"币种|currency"`
	Net      Amount `json:"net" col:"净收入|net"`
	Gross    Amount `json:"gross" col:"退款前|before refunds"`
	Payers   int    `json:"payers" col:"付款人数|payers"`
}

// BoardGroup are the people behind a number, by id: those it looks at, and those it counts.
type BoardGroup struct {
	Number  string   `json:"number"` // acquisition, activation, retention, referral, revenue
	Of      []string `json:"of"`
	Counted []string `json:"counted"`
}

// Amount is an amount of money as it is printed: two digits behind the point.
type Amount int64

// MarshalText writes it.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads it.
func (a *Amount) UnmarshalText(text []byte) error {
	n, err := community.ParseAmount(string(text))
	*a = Amount(n)
	return err
}

// String is an amount as people write it.
func (a Amount) String() string { return community.FormatAmount(int64(a)) }

func (boardCmd) Shape() any { return BoardReport{} }
func (boardCmd) Examples() []example {
	return []example{{"insight board '#books' --json", [2]string{"30 天的五个数和后面的人", "the five numbers of 30 days, and the people behind them"}}}
}

// Do prints the five numbers.
func (q *boardCmd) Do(c *call, h *House) error {
	if err := q.oneGroup(); err != nil {
		return err
	}
	in, g, from, to, err := q.of(c, h, 30)
	if err != nil {
		return err
	}
	ways, history, _, err := waysOf(c, in, g, to)
	if err != nil {
		return err
	}
	paid, err := in.Paid(c.ctx, g, from, to)
	if err != nil {
		return err
	}
	b := measure.MakeBoard(ways, history, from, to, nil)
	r := b.Referral
	out := BoardReport{Group: q.Group, From: from.String(), To: to.String(), Came: len(b.Came), Asked: b.Asked, Admitted: ratioOf(b.Admitted.Figure(b.Coverage)), Activated: ratioOf(b.Activated.Figure(b.Coverage)),
		Waiting: b.Activated.Waiting, Week4: ratioOf(b.Week4.Figure(b.Coverage)), I: ratioOf(r.I), C: ratioOf(r.C), K: ratioOf(r.K), Cycle: -1, Revenue: []MoneyLine{}, People: []BoardGroup{}}
	if d, ok := r.Cycle.Median(); ok {
		out.Cycle = d
	}
	var payers []community.MemberKey
	for _, currency := range community.Currencies() {
		if list := paid[currency]; len(list) > 0 {
			v := measure.Earn(list, history, from, to)
			out.Revenue = append(out.Revenue, MoneyLine{currency, Amount(v.Net), Amount(v.Gross), len(v.Payers)})
			payers = append(payers, v.Payers...)
		}
	}
	for _, x := range []struct {
		name    string
		of, got []community.MemberKey
	}{{"acquisition", b.Came, b.Came}, {"activation", b.Activated.Of, b.Activated.Went}, {"retention", b.Week4.Of, b.Week4.Kept}, {"referral", r.Guests, r.Through}, {"revenue", payers, payers}} {
		line := BoardGroup{Number: x.name}
		if line.Of, err = memberIDs(c, in, x.of); err == nil {
			line.Counted, err = memberIDs(c, in, x.got)
		}
		if err != nil {
			return err
		}
		out.People = append(out.People, line)
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printPart(c, out.Revenue)
}

// membersOf names members.
func membersOf(c *call, in Insights, keys []community.MemberKey) (map[community.MemberKey]community.Member, error) {
	known := make(map[community.MemberKey]community.Member, len(keys))
	for part := range slices.Chunk(keys, 200) {
		list, err := in.MembersByKey(c.ctx, part)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			known[m.Key] = m
		}
	}
	return known, nil
}

// memberIDs are the ids of members, in order.
func memberIDs(c *call, in Insights, keys []community.MemberKey) ([]string, error) {
	known, err := membersOf(c, in, keys)
	out := make([]string, len(keys))
	for i, key := range keys {
		if m, ok := known[key]; ok {
			out[i] = m.ID.String()
		}
	}
	return out, err
}

type journeyCmd struct {
	fresh `kong:"-"`
	daysAsked
}

// JourneyReport is the way of a group's members: steps between touch points on the days asked for, and standings and paths over
// all time on record. Each step stands alone: of counts those at its beginning whose time has passed. Medians are days, by
// Kaplan-Meier for steps and stays; -1 = less than half arrived.
type JourneyReport struct {
	Group     string         `json:"group" col:"群|group"`
	From      string         `json:"from" col:"从|from"`
	To        string         `json:"to" col:"到|to"`
	Steps     []JourneyStep  `json:"steps"`
	Standings []JourneyStand `json:"standings"`
	Paths     []JourneyPath  `json:"paths"`
}

// JourneyStep is a step from one touch point to another.
type JourneyStep struct {
	From    string   `json:"from" col:"从|from"`
	To      string   `json:"to" col:"到|to"`
	Within  int64    `json:"within_days" col:"几天内|within (days)"`
	Went    int      `json:"went" col:"走到|went on"`
	Of      int      `json:"of" col:"共|of"`
	Waiting int      `json:"waiting" col:"没到时间|waiting"`
	Unused  bool     `json:"unused" col:"没在用|not in use"` // nobody ever confirmed, or no inviter is ever named
	Median  float64  `json:"median_days" col:"中位数（天）|median (days)"`
	Dropped []string `json:"dropped"` // ids of who did not go on
}

// JourneyStand is a standing, and where people went from it.
type JourneyStand struct {
	Name   string        `json:"standing" col:"状态|standing"`
	Times  int           `json:"times" col:"次数|times"`
	Now    int           `json:"now" col:"现在|now"`
	Median float64       `json:"median_days" col:"待多久（天）|stay (days)"`
	Next   []JourneyNext `json:"next"`
}

// JourneyNext is how often people went on to a standing, and after how many days (the median of those who did).
type JourneyNext struct {
	To    string  `json:"to"`
	Count int     `json:"count"`
	Days  float64 `json:"median_days"`
}

// JourneyPath is a course through standings.
type JourneyPath struct {
	Path  string `json:"path" col:"路|path"`
	Count int    `json:"count" col:"人数|people"`
}

func (journeyCmd) Shape() any { return JourneyReport{} }
func (journeyCmd) Examples() []example {
	return []example{{"insight journey '#books' --from 2026-01-01 --json", [2]string{"每一步走了多少、掉了谁", "how many went on at each step, and who did not"}}}
}

// Do prints the journey.
func (q *journeyCmd) Do(c *call, h *House) error {
	if err := q.oneGroup(); err != nil {
		return err
	}
	in, g, from, to, err := q.of(c, h, 90)
	if err != nil {
		return err
	}
	ways, history, asked, err := waysOf(c, in, g, to)
	if err != nil {
		return err
	}
	out := JourneyReport{Group: q.Group, From: from.String(), To: to.String(), Steps: []JourneyStep{}, Standings: []JourneyStand{}, Paths: []JourneyPath{}}
	names := measure.PointNames()
	for _, s := range measure.Journey(ways, history, from, to) {
		line := JourneyStep{From: names[s.From], To: names[s.To], Within: s.Within / (24 * 3600_000), Went: len(s.Went), Of: len(s.Of), Waiting: s.Waiting, Unused: s.Unused, Median: medianOf(s.Took)}
		if line.Dropped, err = memberIDs(c, in, without(s.Of, s.Went)); err != nil {
			return err
		}
		out.Steps = append(out.Steps, line)
	}
	standings, paths := measure.Courses(history, asked)
	for _, s := range standings {
		line := JourneyStand{s.Name, s.Took.N, s.Now, medianOf(s.Took), []JourneyNext{}}
		for _, to := range s.To {
			line.Next = append(line.Next, JourneyNext{to.To, to.Count, to.Median})
		}
		out.Standings = append(out.Standings, line)
	}
	for _, p := range paths {
		out.Paths = append(out.Paths, JourneyPath{strings.Join(p.Standings, " > "), p.Count})
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printParts(c, out.Steps, out.Standings, out.Paths)
}

func medianOf(curve measure.Curve) float64 {
	if d, ok := curve.Median(); ok {
		return d
	}
	return -1
}

// without are the members of one list that are not in the other.
func without(of, but []community.MemberKey) []community.MemberKey {
	gone := make(map[community.MemberKey]bool, len(but))
	for _, m := range but {
		gone[m] = true
	}
	var out []community.MemberKey
	for _, m := range of {
		if !gone[m] {
			out = append(out, m)
		}
	}
	return out
}

type bondsCmd struct {
	fresh `kong:"-"`
	daysAsked
	Limit int `default:"50" help:"列出几个，1 到 500|how many to list, 1 to 500"`
}

// BondReport is who talks with whom: @, the name at the start, replies and quotes. An edge is an ordered pair of members.
type BondReport struct {
	Group       string     `json:"group" col:"群|group"`
	From        string     `json:"from" col:"从|from"`
	To          string     `json:"to" col:"到|to"`
	Edges       int        `json:"edges" col:"边|edges"`
	Messages    int        `json:"messages" col:"次数|messages"`
	Reciprocity Ratio      `json:"reciprocity" col:"有来有往|reciprocity"`
	Members     []BondLine `json:"members"`
}

// BondLine is with whom one member talks.
type BondLine struct {
	Member    string `json:"member"`
	Name      string `json:"name" col:"名称|name"`
	Reach     int    `json:"reach" col:"来往人数|reach"`
	Sent      int    `json:"sent" col:"说给别人|to others"`
	Received  int    `json:"received" col:"别人说给他|from others"`
	Brokerage Ratio  `json:"brokerage" col:"牵线|brokerage"`
}

func (bondsCmd) Shape() any { return BondReport{} }
func (bondsCmd) Examples() []example {
	return []example{{"insight bonds '#books' --limit 10", [2]string{"来往最广的十个人", "the ten with the widest reach"}}}
}

// Validate bounds the rows; called by the parser.
func (q *bondsCmd) Validate() error {
	if q.Limit < 1 || q.Limit > 500 {
		return badUsage("--limit 应在 1 到 500 之间", "--limit must be 1 to 500")
	}
	return nil
}

// Do prints who talks with whom.
func (q *bondsCmd) Do(c *call, h *House) error {
	if err := q.oneGroup(); err != nil {
		return err
	}
	in, g, from, to, err := q.of(c, h, 28)
	if err != nil {
		return err
	}
	list, cover, err := in.Contacts(c.ctx, g, from, to)
	if err != nil {
		return err
	}
	b := measure.Bind(list, cover)
	out := BondReport{Group: q.Group, From: from.String(), To: to.String(), Edges: b.Edges, Messages: b.Messages, Reciprocity: ratioOf(b.Reciprocity), Members: []BondLine{}}
	shown := b.Members[:min(q.Limit, len(b.Members))]
	keys := make([]community.MemberKey, len(shown))
	for i := range shown {
		keys[i] = shown[i].Member
	}
	known, err := membersOf(c, in, keys)
	if err != nil {
		return err
	}
	for _, s := range shown {
		out.Members = append(out.Members, BondLine{known[s.Member].ID.String(), known[s.Member].Name, s.Reach, s.Sent, s.Received, ratioOf(s.Brokerage(cover))})
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	return printPart(c, out.Members)
}
