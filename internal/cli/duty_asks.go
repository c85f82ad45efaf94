package cli

import "qunluo/internal/duty"

type dutyAsksCmd struct {
	Group   string `arg:"" help:"群|group"`
	Minutes int    `default:"-1" placeholder:"N" help:"多少分钟没人回就告警，1 到 1440；0 关闭；不写只看|an alarm after how many minutes, 1 to 1440; 0 = off; left out: only look"`
	To      string `placeholder:"LOGIN" help:"先叫谁；- 表示照看群的人和值班的人|who is told first; - for who looks after the group, then who is on duty"`
	Reason  string `placeholder:"TEXT" help:"原因|why"`
}

// askWatchLine is how a group's questions are watched.
type askWatchLine struct {
	Group   string `json:"group" col:"群|group"`
	On      bool   `json:"on" col:"打开|on"`
	Minutes int    `json:"minutes" col:"分钟|minutes"`
	Login   string `json:"login" col:"先叫谁|told first"` // "" = who looks after the group, then who is on duty
	Since   Moment `json:"since" col:"从|since"`
}

func (dutyAsksCmd) Shape() any { return askWatchLine{} }
func (dutyAsksCmd) Examples() []example {
	return []example{
		{"duty questions 售后服务群 --minutes 30 --to linxiao", [2]string{"半小时没人回的提问告诉林晓", "questions nobody answered for half an hour go to linxiao"}},
		{"duty questions 售后服务群 --minutes 0", [2]string{"不再告警", "no more alarms"}},
	}
}

// Do changes how a group's questions are watched, or only says it.
func (q *dutyAsksCmd) Do(c *call, h *House) error {
	d, names, err := c.duty(h)
	if err != nil {
		return err
	}
	_, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	set, err := d.QuestionWatch(c.ctx, g.Key)
	if err != nil {
		return err
	}
	if q.Minutes >= 0 || q.To != "" {
		if set, err = q.change(set, names); err != nil {
			return err
		}
		if err := d.SetQuestionWatch(c.ctx, user, g.Key, set, q.Reason); err != nil {
			return err
		}
		if set, err = d.QuestionWatch(c.ctx, g.Key); err != nil {
			return err
		}
	}
	return printOne(c, askWatchLine{g.Name, set.Minutes > 0, set.Minutes, names.of(set.User), Moment(set.Since)})
}

func (q *dutyAsksCmd) change(set duty.QuestionWatch, names logins) (duty.QuestionWatch, error) {
	if q.Minutes >= 0 {
		set.Minutes = q.Minutes
	}
	if q.To != "" {
		who, err := names.id(q.To)
		if err != nil {
			return set, err
		}
		set.User = who
	}
	return set, nil
}
