package cli

import (
	"context"
	"slices"
	"strings"

	"qunluo/internal/founding"
)

// Beginning leads through the first steps of an organisation.
type Beginning interface {
	Steps(ctx context.Context) (steps []founding.FirstStep, closed bool, err error)
	Skip(ctx context.Context, user, step string, skip bool) error
	Close(ctx context.Context, user string, closed bool) error
}

// beginLine is how a first step stands.
type beginLine struct {
	Step    string   `json:"step" col:"步骤|step"`   // connect, goal, people, live, safe
	State   string   `json:"state" col:"状态|state"` // done, skipped, open
	Missing []string `json:"missing" col:"缺|missing"`
}

type beginCmd struct {
	Skip   string `xor:"do" placeholder:"STEP" help:"跳过一步|leave a step out"`
	Unskip string `xor:"do" placeholder:"STEP" help:"恢复一步|take a step up again"`
	Close  bool   `xor:"do" help:"不再提示|do not remind any more"`
	Open   bool   `xor:"do" help:"重新提示|remind again"`
}

func (beginCmd) Shape() any { return rowsOf[beginLine]() }
func (beginCmd) Examples() []example {
	return []example{{"begin --json", [2]string{"起步还差什么", "what of the first steps is open"}}, {"begin --skip live", [2]string{"跳过一步", "leave a step out"}}}
}

// Do shows the first steps, or changes which are asked for.
func (q *beginCmd) Do(c *call, h *House) error {
	b, err := inOrg(c, h, h.Beginning)
	if err != nil {
		return err
	}
	if step := q.Skip + q.Unskip; step != "" {
		if !slices.Contains(founding.FirstSteps(), step) {
			return badUsage("没有步骤 %q；有 %s", "no step %q; there are %s", step, strings.Join(founding.FirstSteps(), ", "))
		}
		err = b.Skip(c.ctx, user, step, q.Skip != "")
	} else if q.Close || q.Open {
		err = b.Close(c.ctx, user, q.Close)
	}
	if err != nil {
		return err
	}
	steps, _, err := b.Steps(c.ctx)
	if err != nil {
		return err
	}
	out := make([]beginLine, len(steps))
	for i, s := range steps {
		out[i] = beginLine{s.Name, "open", append([]string{}, s.Missing...)}
		switch {
		case s.Done:
			out[i].State = "done"
		case s.Skipped:
			out[i].State = "skipped"
		}
	}
	return printList(c, out, len(out))
}
