package cli

import (
	"encoding/json"

	"qunluo/internal/community"
)

type jobCmd struct {
	List  jobListCmd  `cmd:"" help:"列出；默认已放弃的|list; by default those that were given up"`
	Retry jobRetryCmd `cmd:"" help:"再试|try again"`
}

// jobLine is a job as verbs print it.
type jobLine struct {
	ID       string          `json:"id" col:"编号|id"`
	Kind     string          `json:"kind" col:"种类|kind"`
	Key      string          `json:"key" col:"键|key"`
	State    string          `json:"state" col:"状态|state"`
	RunAt    Moment          `json:"run_at" col:"执行时间|run at"`
	Attempts int             `json:"attempts" col:"次数|attempts"`
	Max      int             `json:"max_attempts"`
	Error    string          `json:"error" col:"最后的错误|last error"`
	Payload  json.RawMessage `json:"payload"`
	Created  Moment          `json:"created_at" col:"建立|created"`
}

type jobListCmd struct {
	State string `enum:"ready,leased,done,dead" default:"dead" help:"ready、leased、done、dead|ready, leased, done, dead"`
	paging
}

func (jobListCmd) Shape() any { return rowsOf[jobLine]() }
func (jobListCmd) Examples() []example {
	return []example{{"job list", [2]string{"放弃了的任务和最后的错误", "jobs that were given up, with their last error"}}}
}

// Do lists jobs.
func (q *jobListCmd) Do(c *call, h *House) error {
	queue, err := need(h.Queue)
	if err != nil {
		return err
	}
	rows, total, err := queue.Jobs(c.ctx, q.State, q.page())
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(j community.JobRow) jobLine {
		return jobLine{j.ID.String(), j.Kind, j.Key, j.State, Moment(j.RunAt), j.Attempts, j.Max, j.Error, j.Payload, Moment(j.Created)}
	}), total)
}

type jobRetryCmd struct {
	ID  string `arg:"" optional:"" help:"任务的编号|id of the job"`
	All bool   `help:"全部|all of them"`
}

// retried is how many jobs are ready again.
type retried struct {
	Retried int64 `json:"retried" col:"已重排|retried"`
}

func (jobRetryCmd) Shape() any          { return retried{} }
func (jobRetryCmd) Examples() []example { return nil }

// Do makes dead jobs ready again.
func (q *jobRetryCmd) Do(c *call, h *House) error {
	if (q.ID == "") != q.All {
		return badUsage("请给出编号，或 --all", "give an id, or --all")
	}
	queue, err := need(h.Queue)
	if err != nil {
		return err
	}
	var id community.ID
	if q.ID != "" {
		if id, err = idOf(q.ID); err != nil {
			return err
		}
	}
	n, err := queue.Retry(c.ctx, id)
	if err != nil {
		return err
	}
	return printOne(c, retried{n})
}
