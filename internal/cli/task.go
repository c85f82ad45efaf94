package cli

import (
	"strings"

	"qunluo/internal/community"
)

type taskCmd struct {
	List    taskListCmd    `cmd:"" help:"列出待办|list tasks"`
	Claim   taskClaimCmd   `cmd:"" help:"认领|take a task"`
	Done    taskDoneCmd    `cmd:"" help:"已完成|it is done"`
	Release taskReleaseCmd `cmd:"" help:"放行被拦下的动作，由程序去做|let a held action go: the program does it"`
	Refuse  taskRefuseCmd  `cmd:"" help:"做不到，或不放行|it cannot be done, or is not to be"`
	HandOn  taskHandOnCmd  `cmd:"" name:"hand-on" help:"转交值班表上的下一位|give it to the next on duty"`
}

// taskLine is a task as verbs print it.
type taskLine struct {
	ID       string      `json:"id" col:"编号|id"`
	State    string      `json:"state" col:"状态|state"`
	Group    string      `json:"group" col:"群|group"`
	Verb     string      `json:"verb" col:"要做|do"`
	Target   string      `json:"target" col:"对象|target"`
	Ref      string      `json:"target_external_id"`
	Why      string      `json:"why" col:"原因|why"`
	Rule     string      `json:"rule" col:"规则|rule"`
	Text     string      `json:"text" col:"可粘贴的话|text to paste"`
	Due      Moment      `json:"due_at" col:"期限|due"`
	Assignee string      `json:"assignee" col:"认领人|taken by"`
	DoneBy   string      `json:"done_by" col:"完成人|done by"`
	Note     string      `json:"note"`
	Evidence int         `json:"evidence" col:"次数|asked for"`
	Groups   []taskPlace `json:"groups"`
	All      int         `json:"groups_total" col:"群数|groups"`
	Names    []string    `json:"-" col:"全部群|all groups"`
	Files    []taskFile  `json:"files"`
}

// taskPlace is one of the groups that a task is about.
type taskPlace struct {
	Group string `json:"group"`
	State string `json:"state"`
}

// taskFile is a file that goes with a task's text.
type taskFile struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	ID   string `json:"id"`
}

func lineOfTask(t community.TaskRow) taskLine {
	_, all := t.Place()
	places, files, names := []taskPlace{}, []taskFile{}, []string(nil)
	for _, g := range t.Groups {
		places, names = append(places, taskPlace{g.Name, g.State}), append(names, g.Name)
	}
	for _, seg := range t.Action.Segments {
		if id, ok := strings.CutPrefix(seg.Ref, community.UploadScheme); ok {
			files = append(files, taskFile{seg.Kind, seg.Text, id})
		}
	}
	return taskLine{t.ID.String(), t.State, t.GroupName, string(t.Verb), t.TargetName, t.TargetRef, t.Why, t.Rule, t.Text, Moment(t.Due), t.Assignee, t.DoneBy, t.Note, t.Evidence,
		places, all, names, files}
}

type taskListCmd struct {
	Group    string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag      string `help:"在有这个标签的群|in groups with this tag"`
	State    string `enum:",open,claimed,done,refused,expired" default:"" help:"默认未完成的|by default those that are not done"`
	Assignee string `help:"谁认领的|taken by whom"`
	paging
}

func (taskListCmd) Shape() any          { return rowsOf[taskLine]() }
func (taskListCmd) Examples() []example { return nil }

// Do lists tasks.
func (q *taskListCmd) Do(c *call, h *House) error {
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	rows, total, err := desk.FindTasks(c.ctx, community.TaskFilter{Group: g.Key, Tag: q.Tag, State: q.State, Assignee: q.Assignee, Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfTask), total)
}

// taskDone is what came of a word about a task.
type taskDone struct {
	ID    string `json:"id" col:"编号|id"`
	State string `json:"state" col:"状态|state"`
}

type taskClaimCmd struct {
	ID   string `arg:"" help:"待办的编号|id of the task"`
	Note string `placeholder:"TEXT" help:"备注|note"`
}

func (taskClaimCmd) Shape() any          { return taskDone{} }
func (taskClaimCmd) Examples() []example { return nil }

// Do takes a task.
func (q *taskClaimCmd) Do(c *call, h *House) error {
	return c.onTask(h, q.ID, "claimed", func(hands Hands, id community.ID) error { return hands.TaskClaim(c.ctx, user, id, q.Note) })
}

type taskDoneCmd struct {
	ID   string `arg:"" help:"待办的编号|id of the task"`
	Note string `placeholder:"TEXT" help:"备注|note"`
}

func (taskDoneCmd) Shape() any { return taskDone{} }
func (taskDoneCmd) Examples() []example {
	return []example{{"task done 0Gm…", [2]string{"你在群里亲手做完了", "you did it in the group by hand"}}}
}

// Do reports a task as done.
func (q *taskDoneCmd) Do(c *call, h *House) error {
	return c.onTask(h, q.ID, "done", func(hands Hands, id community.ID) error { return hands.TaskDone(c.ctx, user, id, q.Note) })
}

type taskReleaseCmd struct {
	ID   string `arg:"" help:"待办的编号|id of the task"`
	Note string `placeholder:"TEXT" help:"备注|note"`
}

func (taskReleaseCmd) Shape() any { return taskDone{} }
func (taskReleaseCmd) Examples() []example {
	return []example{{"task release 0Gm…", [2]string{"看过证据，放行这次移出", "you looked at the evidence: the removal goes ahead"}}}
}

// Do lets a held action go.
func (q *taskReleaseCmd) Do(c *call, h *House) error {
	return c.onTask(h, q.ID, "released", func(hands Hands, id community.ID) error { return hands.TaskRelease(c.ctx, user, id, q.Note) })
}

type taskRefuseCmd struct {
	ID   string `arg:"" help:"待办的编号|id of the task"`
	Note string `required:"" placeholder:"TEXT" help:"为什么做不到|why it cannot be done"`
}

func (taskRefuseCmd) Shape() any          { return taskDone{} }
func (taskRefuseCmd) Examples() []example { return nil }

// Do reports that a task cannot be done.
func (q *taskRefuseCmd) Do(c *call, h *House) error {
	return c.onTask(h, q.ID, "refused", func(hands Hands, id community.ID) error { return hands.TaskRefuse(c.ctx, user, id, q.Note) })
}

func (c *call) onTask(h *House, text, state string, do func(Hands, community.ID) error) error {
	id, err := idOf(text)
	if err != nil {
		return err
	}
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	if err := do(hands, id); err != nil {
		return err
	}
	return printOne(c, taskDone{id.String(), state})
}
