package api

import "qunluo/internal/community"

// task is something that a person must do because no connection can.
type task struct {
	ID       community.ID `json:"id"`
	State    string       `json:"state" enum:"open,claimed,done,refused,expired"`
	Group    community.ID `json:"group"`
	Called   string       `json:"group_name"`
	Verb     string       `json:"verb" doc:"what is to be done"`
	Target   community.ID `json:"target" doc:"id of the member"`
	Name     string       `json:"target_name"`
	External string       `json:"target_external_id"`
	Why      string       `json:"why" doc:"code: no_ability, too_old, offline, to_confirm, removal_cap, …"`
	Rule     string       `json:"rule"`
	Text     string       `json:"text" doc:"ready to paste"`
	Created  moment       `json:"created_at"`
	Due      moment       `json:"due_at"`
	Assignee string       `json:"assignee" doc:"id of the user"`
	DoneBy   string       `json:"done_by" doc:"id of the user"`
	Done     moment       `json:"done_at"`
	Note     string       `json:"note"`
	Evidence int          `json:"evidence" doc:"how often it was asked for"`
	Groups   []string     `json:"groups" doc:"all the groups of one request to a person, by name"`
	Hidden   int          `json:"groups_hidden" doc:"further groups that lie outside of what you see"`
}

func taskOf(t community.TaskRow) task {
	return task{t.ID, t.State, t.GroupID, t.GroupName, string(t.Verb), t.TargetID, t.TargetName, t.TargetRef, t.Why, t.Rule, t.Text, moment(t.Created), moment(t.Due), t.Assignee, t.DoneBy, moment(t.DoneAt),
		t.Note, t.Evidence, mapped(t.Groups, func(g community.TaskGroup) string { return g.Name }), t.Hidden}
}

type taskQuery struct {
	Group    community.ID `query:"group"`
	State    string       `query:"state" enum:"open,claimed,done,refused,expired" doc:"by default open and claimed"`
	Assignee string       `query:"assignee" maxLength:"40" doc:"id of a user"`
	paging
	sorting
}

type taskNote struct {
	byID
	Body struct {
		Note string `json:"note,omitempty" maxLength:"1000"`
	}
}

type taskRefusal struct {
	byID
	Body struct {
		Note string `json:"note" minLength:"1" maxLength:"1000" doc:"why it cannot be done"`
	}
}

func (c *call) taskNow(id community.ID, err error) (task, error) {
	if err != nil {
		return task{}, err
	}
	t, err := c.desk.TaskByID(c.ctx(), id)
	return taskOf(t), err
}

func taskLines() []line {
	area := community.AreaOrder
	return []line{
		on("listTasks", "GET /tasks", "Work that waits for a person", area, []string{"GET /inbox"}, func(c *call, in *taskQuery) (list[task], error) {
			p, err := c.page(in.paging, in.sorting)
			if err != nil {
				return list[task]{}, err
			}
			g, err := c.group(in.Group)
			if err != nil {
				return list[task]{}, err
			}
			rows, total, err := c.desk.FindTasks(c.ctx(), community.TaskFilter{Group: g.Key, Tag: in.Tag, State: in.State, Assignee: in.Assignee, Page: p})
			return listed(c, p, rows, total, taskOf), err
		}),
		on("getTask", "GET /tasks/{id}", "One task", area, []string{"GET /inbox"}, func(c *call, in *byID) (task, error) { return c.taskNow(in.ID, nil) }),
		on("claimTask", "POST /tasks/{id}/claim", "Take a task", area, []string{"POST /inbox/{id}/claim"}, func(c *call, in *taskNote) (task, error) {
			return c.taskNow(in.ID, c.hands.TaskClaim(c.ctx(), c.who(), in.ID, in.Body.Note))
		}),
		on("doneTask", "POST /tasks/{id}/done", "Say that it is done", area, []string{"POST /inbox/{id}/done", "POST /m/tasks/{id}/{step}"}, func(c *call, in *taskNote) (task, error) {
			return c.taskNow(in.ID, c.hands.TaskDone(c.ctx(), c.who(), in.ID, in.Body.Note))
		}),
		on("releaseTask", "POST /tasks/{id}/release", "Let the held action go: the program does it", area, []string{"POST /inbox/{id}/release"}, func(c *call, in *taskNote) (task, error) {
			return c.taskNow(in.ID, c.hands.TaskRelease(c.ctx(), c.who(), in.ID, in.Body.Note))
		}),
		on("refuseTask", "POST /tasks/{id}/refuse", "Say that it cannot be done", area, []string{"POST /inbox/{id}/refuse"}, func(c *call, in *taskRefusal) (task, error) {
			return c.taskNow(in.ID, c.hands.TaskRefuse(c.ctx(), c.who(), in.ID, in.Body.Note))
		}),
	}
}
