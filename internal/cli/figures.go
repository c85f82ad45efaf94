package cli

type figuresCmd struct {
	Group string `arg:"" help:"群|group"`
	From  string `placeholder:"TIME" help:"从（含），默认从头|from (included), by default the beginning"`
	To    string `placeholder:"TIME" help:"到（不含），默认现在|to (not included), by default now"`
	Top   int    `default:"10" help:"列出几个人，1 到 200|how many people to list, 1 to 200"`
}

// FigureReport is what a group did in a span; days are cut in the group's zone.
type FigureReport struct {
	From     Moment       `json:"from" col:"从|from"`
	To       Moment       `json:"to" col:"到|to"`
	Zone     string       `json:"zone" col:"时区|zone"`
	Days     int64        `json:"days" col:"天数|days"`
	Covered  int64        `json:"covered_days" col:"有记录的天|covered days"`
	Messages int64        `json:"messages" col:"消息|messages"`
	Speakers int64        `json:"speakers" col:"发言人|speakers"`
	DAU      float64      `json:"dau" col:"日均发言人|DAU (mean)"`
	WAU      float64      `json:"wau" col:"周均发言人|WAU (mean)"`
	MAU      float64      `json:"mau" col:"月均发言人|MAU (mean)"`
	Joins    int64        `json:"joins" col:"入群|joins"`
	Leaves   int64        `json:"leaves" col:"离群|leaves"`
	Members  int64        `json:"members" col:"成员|members"`
	Silent   int64        `json:"never_spoke" col:"从未发言|never spoke"`
	Top      []FigureLine `json:"top"`
	Heat     [7][24]int64 `json:"heat"` // weekday (0 = Monday) by hour
}

// FigureLine is one of those who talked most.
type FigureLine struct {
	Member   string  `json:"member" col:"成员|member"`
	MemberID string  `json:"member_id"`
	Messages int64   `json:"messages" col:"消息|messages"`
	Share    float64 `json:"share" col:"占比|share"`
	Days     int64   `json:"days" col:"活跃天|active days"`
	Last     Moment  `json:"last_at" col:"最后发言|last word"`
}

func (figuresCmd) Shape() any { return FigureReport{} }
func (figuresCmd) Examples() []example {
	return []example{{"figures '#ubuntu-cn' --from 2013-01-01 --to 2013-02-01", [2]string{"一个月的数字", "a month's figures"}}}
}

// Validate bounds the rows; called by the parser.
func (q *figuresCmd) Validate() error { return paging{Limit: q.Top}.Validate() }

// Do prints the figures of a group.
func (q *figuresCmd) Do(c *call, h *House) error {
	if h.Figures == nil {
		return failed(nil, "这个版本不能这样做", "this build cannot do this")
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	from, to, err := c.span(q.From, q.To)
	if err != nil {
		return err
	}
	r, err := h.Figures(org).Report(c.ctx, g.Key, from, to, q.Top)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	return printPart(c, r.Top)
}
