package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// waiverReport is why a group opens without a goal.
type waiverReport struct {
	Group   string `json:"group" col:"群|group"`
	Because string `json:"because" col:"原因|because"` // "" = nobody wrote that
	User    string `json:"user" col:"谁|who"`
	At      Moment `json:"at" col:"时间|at"`
}

type goalWithoutCmd struct {
	Group    string `arg:"" help:"群|group"`
	Because  string `xor:"do" placeholder:"TEXT" help:"原因；不给则只显示|why; without it is shown"`
	Withdraw bool   `xor:"do" help:"收回|take it back"`
}

func (goalWithoutCmd) Shape() any { return waiverReport{} }
func (goalWithoutCmd) Examples() []example {
	return []example{{"goal without '#books' --because 试运行两周再定目标", [2]string{"之后可以有活码指向它", "codes may lead to it then"}}}
}

// Do shows or writes why a group opens without a goal.
func (q *goalWithoutCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	if q.Because != "" || q.Withdraw {
		if err := p.Waive(c.ctx, user, g.Key, q.Because); err != nil {
			return err
		}
	}
	w, err := p.Waiver(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printOne(c, waiverReport{g.Name, w.Words, w.User, Moment(w.At)})
}

// leaveLine is how often an answer was given.
type leaveLine struct {
	Answer string  `json:"answer" col:"回答|answer"`
	N      int     `json:"n" col:"人数|people"`
	Share  float64 `json:"share" col:"占比|share"` // of all answers; 0 where withheld
	Low    float64 `json:"low" col:"下限|low"`
	High   float64 `json:"high" col:"上限|high"`
}

// leaveWords is what somebody wrote.
type leaveWords struct {
	Day    string `json:"day" col:"日期|day"`
	Answer string `json:"answer" col:"回答|answer"`
	Words  string `json:"words" col:"写的话|words"`
}

// leaveReport is what those who left answered.
type leaveReport struct {
	Group    string       `json:"group" col:"群|group"` // "" = all
	Asking   bool         `json:"asking" col:"询问中|asking"`
	Asked    int          `json:"asked" col:"问了|asked"`
	Answered int          `json:"answered" col:"回答了|answered"`
	Withheld string       `json:"withheld" col:"不算占比|withheld"` // too_few
	Answers  []leaveLine  `json:"answers"`
	Words    []leaveWords `json:"words"` // the latest, at most 50
}

type goalLeaversCmd struct {
	Group  string `arg:"" optional:"" help:"群，不给则是全部|group, all without"`
	On     bool   `xor:"turn" help:"从现在起询问离开的人|ask those who leave from now on"`
	Off    bool   `xor:"turn" help:"不再询问|stop asking"`
	Days   int    `default:"90" help:"近几天，1 到 366|of the last days, 1 to 366"`
	Reason string `placeholder:"TEXT" help:"原因|why"`
}

func (goalLeaversCmd) Shape() any { return leaveReport{} }
func (goalLeaversCmd) Examples() []example {
	return []example{
		{"goal leavers '#books' --on", [2]string{"以后离开的人被问一个问题", "those who leave are asked one question"}},
		{"goal leavers --json", [2]string{"全部群的回答", "the answers of all groups"}},
	}
}

// Do tells what those who left answered, or has them asked.
func (q *goalLeaversCmd) Do(c *call, h *House) error {
	if q.Days < 1 || q.Days > 366 {
		return badUsage("--days 应在 1 到 366 之间", "--days: want 1 to 366")
	}
	out := leaveReport{Answers: []leaveLine{}, Words: []leaveWords{}}
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	var g community.GroupRow
	if q.Group != "" {
		if p, g, err = c.goalsAt(h, q.Group); err != nil {
			return err
		}
		if q.On || q.Off {
			if err := p.AskLeavers(c.ctx, user, g.Key, q.On, q.Reason); err != nil {
				return err
			}
		}
		w, err := p.LeaveWatch(c.ctx, g.Key)
		if err != nil {
			return err
		}
		out.Group, out.Asking = g.Name, w.Since > 0
	} else if q.On || q.Off {
		return badUsage("要打开或关闭，请写明哪个群", "name the group to switch it")
	}
	t, err := p.LeaveTally(c.ctx, g.Key, q.Days)
	if err != nil {
		return err
	}
	out.fill(t)
	said, _, err := p.LeaveSaid(c.ctx, g.Key, q.Days, community.Page{Limit: 50})
	if err != nil {
		return err
	}
	for _, v := range said {
		out.Words = append(out.Words, leaveWords{v.Day.String(), v.Answer, v.Words})
	}
	if c.json {
		return c.printJSON(out)
	}
	if err := printOne(c, out); err != nil {
		return err
	}
	if err := printPart(c, out.Answers); err != nil {
		return err
	}
	return printPart(c, out.Words)
}

func (r *leaveReport) fill(t measure.LeaveTally) {
	r.Asked, r.Answered, r.Withheld = t.Asked, t.Answered, t.Withheld
	for _, v := range t.Counts {
		r.Answers = append(r.Answers, leaveLine{v.Answer, v.N, v.Share, v.Low, v.High})
	}
}
