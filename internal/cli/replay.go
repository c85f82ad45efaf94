package cli

import "encoding/json"

type replayCmd struct {
	Group     string `arg:"" help:"群|group"`
	AsDecided bool   `help:"按当时的群规重算，应与记录逐字节相同|judge again as it was judged; must equal the record to the byte"`
	Rulebook  string `placeholder:"BOOK" help:"这份群规会怎样：文件、- 或 群@版本；默认现行|what this rulebook would do: a file, - or GROUP@VERSION; by default the one in force"`
	Diff      string `placeholder:"BOOK" help:"只看与这一份的差别|only what is different from this one"`
	From      string `default:"30d" placeholder:"TIME" help:"从（含）|from (included)"`
	To        string `placeholder:"TIME" help:"到（不含），默认现在|to (not included), by default now"`
	Rows      int    `default:"20" help:"列出几个判定，0 到 200|how many decisions to list, 0 to 200"`
}

// Feeds says that stdin may be the rulebook.
func (q *replayCmd) Feeds() bool { return q.Rulebook == "-" || q.Diff == "-" }

func (replayCmd) Shape() any { return ReplayReport{} }
func (replayCmd) Examples() []example {
	return []example{
		{"replay 产品交流群 --rulebook book.json --from 30d", [2]string{"这份群规过去 30 天会做什么", "what this rulebook would have done in 30 days"}},
		{"replay 产品交流群 --rulebook book.json --diff 产品交流群@", [2]string{"与现行群规相比多了什么、少了什么", "what would be new and what gone, against the one in force"}},
		{"replay 产品交流群 --as-decided --from 365d", [2]string{"证明记录没有被改动", "prove that the record is what was decided"}},
	}
}

// Validate bounds the rows; called by the parser.
func (q *replayCmd) Validate() error {
	switch {
	case q.Rows < 0 || q.Rows > 200:
		return badUsage("--rows 应在 0 到 200 之间", "--rows must be 0 to 200")
	case q.AsDecided && (q.Rulebook != "" || q.Diff != ""):
		return badUsage("--as-decided 用当时的群规，不能再给群规", "--as-decided uses the rulebooks of the time; give none")
	}
	return nil
}

// Do replays and reports; decisions that are not equal to the record make it fail.
func (q *replayCmd) Do(c *call, h *House) error {
	books, err := need(h.Books)
	if err != nil {
		return err
	}
	o, err := q.order(c, h, books)
	if err != nil {
		return err
	}
	r, err := books.Replay(c.ctx, o, func(done, of int64) { c.progress("replay", done, of) })
	if err != nil {
		return err
	}
	if err := c.printReplay(r, q.Diff != ""); err != nil {
		return err
	}
	if q.AsDecided && r.Different > 0 {
		return failed(nil, "%d 个判定与记录不同", "%d decisions differ from the record", r.Different)
	}
	return nil
}

func (q *replayCmd) order(c *call, h *House, books Books) (ReplayOrder, error) {
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return ReplayOrder{}, err
	}
	o := ReplayOrder{Group: g.Key, AsDecided: q.AsDecided, Rows: q.Rows}
	if o.From, o.To, err = c.span(q.From, q.To); err != nil || q.AsDecided {
		return o, err
	}
	if q.Rulebook == "" {
		o.Book, err = books.Body(c.ctx, g.Key, 0)
	} else {
		o.Book, err = c.book(h, q.Rulebook)
	}
	if err != nil || q.Diff == "" {
		return o, err
	}
	var base json.RawMessage
	base, err = c.book(h, q.Diff)
	o.Base = base
	return o, err
}

func (c *call) printReplay(r ReplayReport, diff bool) error {
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	if err := printParts(c, r.Rules, r.Rows, []ReplayedLine(nil)); err != nil {
		return err
	}
	if diff && len(r.Gone) > 0 {
		c.say("以下只有原来的群规会这样判：", "only the base decided these:")
	}
	c.say("回放判断的是记录下来的行为：规则启用后，人们的行为也会变。", "a replay judges recorded behaviour: people behave differently once a rule is on.")
	return printPart(c, r.Gone)
}
