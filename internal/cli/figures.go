package cli

import "fmt"

type figuresCmd struct {
	fresh `kong:"-"`

	Group string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
	Tag   string `help:"有这个标签的群|the groups with this tag"`
	From  string `default:"30d" placeholder:"TIME" help:"从（含）；最多 1100 天|from (included); at most 1,100 days"`
	Daily bool   `help:"逐日列出|list the days"`
	To    string `placeholder:"TIME" help:"到（不含），默认现在|to (not included), by default now"`
	Top   int    `default:"10" help:"列出几个人，1 到 20|how many people to list, 1 to 20"`
}

// FigureReport is what a group did on some days, cut in its zone. Definitions: a speaker sent at least one own message;
// DAU counts the speakers of a day, WAU and MAU those of the trailing 7 and 30 days at the end.
type FigureReport struct {
	From       string       `json:"from" col:"从|from"`
	To         string       `json:"to" col:"到|to"` // included
	Zone       string       `json:"zone" col:"时区|zone"`
	Days       int          `json:"days" col:"天数|days"`
	Covered    int          `json:"covered_days" col:"有记录的天|covered days"`
	Messages   int64        `json:"messages" col:"消息|messages"`
	Speakers   int64        `json:"speakers" col:"发言人|speakers"`
	DAU        Ratio        `json:"mean_dau" col:"日均发言人|mean DAU"`
	WAU        int64        `json:"wau" col:"最后 7 天发言人|WAU at the end"`
	MAU        int64        `json:"mau" col:"最后 30 天发言人|MAU at the end"`
	Stickiness Ratio        `json:"stickiness" col:"粘性|stickiness"`
	Rate       Ratio        `json:"speaking_rate" col:"发言率|speaking rate"`
	Silent     Ratio        `json:"never_spoke" col:"从未发言|never spoke"`
	Median     float64      `json:"median" col:"每人消息中位数|median per speaker"`
	P90        int64        `json:"p90" col:"每人消息 90 分位|p90 per speaker"`
	Top10      Ratio        `json:"top_10_percent" col:"前 10% 发言人占比|share of the top 10 %"`
	Joins      int64        `json:"joins" col:"入群|joins"`
	Leaves     int64        `json:"leaves" col:"离群|leaves"`
	Hours      [24]int64    `json:"hours"`
	Weekdays   [7]int64     `json:"weekdays"` // 0 = Monday
	Heat       [7][24]int64 `json:"heat"`     // weekday by hour
	Daily      []FigureDay  `json:"daily"`
	Top        []FigureLine `json:"top"`
}

// Ratio is a figure that can be explained: Value = Num / Den, or why there is none.
type Ratio struct {
	Value    float64 `json:"value"`
	Num      float64 `json:"num"`
	Den      float64 `json:"den"`
	Covered  int     `json:"covered"` // of Of days
	Of       int     `json:"of"`
	Withheld string  `json:"withheld"` // "", no_data, low_cover, no_roster
}

// String is the figure with its counts.
func (r Ratio) String() string {
	if r.Withheld != "" {
		return "- (" + r.Withheld + ")"
	}
	return fmt.Sprintf("%.4g (%.6g / %.6g)", r.Value, r.Num, r.Den)
}

// FigureDay is one day.
type FigureDay struct {
	Day      string `json:"day" col:"日期|day"`
	Known    bool   `json:"known" col:"有记录|known"`
	Messages int64  `json:"messages" col:"消息|messages"`
	DAU      int64  `json:"dau" col:"发言人|DAU"`
	WAU      int64  `json:"wau" col:"7 天|WAU"`
	MAU      int64  `json:"mau" col:"30 天|MAU"`
	Joins    int64  `json:"joins" col:"入群|joins"`
	Leaves   int64  `json:"leaves" col:"离群|leaves"`
	Roster   int64  `json:"members" col:"成员|members"` // -1 = not known
}

// FigureLine is one of those who talked most.
type FigureLine struct {
	Member   string  `json:"member" col:"成员|member"`
	External string  `json:"external_id" col:"平台号|platform id"`
	Messages int64   `json:"messages" col:"消息|messages"`
	Share    float64 `json:"share" col:"占比|share"`
	Days     int     `json:"days" col:"活跃天|active days"`
}

func (figuresCmd) Shape() any { return FigureReport{} }
func (figuresCmd) Examples() []example {
	return []example{{"figures '#ubuntu-cn' --from 2013-01-01 --to 2013-02-01", [2]string{"一个月的数字", "a month's figures"}}}
}

// Validate bounds the rows; called by the parser.
func (q *figuresCmd) Validate() error {
	if q.Top < 1 || q.Top > 20 {
		return badUsage("--top 应在 1 到 20 之间", "--top must be 1 to 20")
	}
	return nil
}

// Do prints the figures of a group.
func (q *figuresCmd) Do(c *call, h *House) error {
	if h.Figures == nil {
		return errNotHere()
	}
	org, err := c.orgOf(h)
	if err != nil {
		return err
	}
	if q.Group != "" && q.Tag != "" {
		return badUsage("群和 --tag 只能给一个", "give a group or --tag, not both")
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	from, to, err := c.span(q.From, q.To)
	if err != nil {
		return err
	}
	r, err := h.Figures(org).Report(c.ctx, g, q.Tag, from, to, q.Top)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	if q.Daily {
		if err := printPart(c, r.Daily); err != nil {
			return err
		}
	}
	return printPart(c, r.Top)
}
