package cli

import "qunluo/internal/community"

type requestCmd struct {
	List    requestListCmd    `cmd:"" help:"列出入群申请|list requests to be let in"`
	Approve requestApproveCmd `cmd:"" help:"同意|let in"`
	Refuse  requestRefuseCmd  `cmd:"" help:"拒绝|refuse"`
}

// requestLine is a request to be let in as verbs print it.
type requestLine struct {
	Number   int64  `json:"number" col:"序号|number"`
	Group    string `json:"group" col:"群|group"`
	Name     string `json:"name" col:"名称|name"`
	Ref      string `json:"external_id" col:"平台号|platform id"`
	Text     string `json:"text" col:"申请说明|what they wrote"`
	Asked    Moment `json:"asked_at" col:"申请时间|asked"`
	Answer   string `json:"answer" col:"结果|answer"`
	Answered Moment `json:"answered_at" col:"结果时间|answered"`
}

func lineOfJoin(q community.JoinRow) requestLine {
	return requestLine{q.Number, q.GroupName, q.Name, q.External, q.Text, Moment(q.Asked), string(q.Answer), Moment(q.Answered)}
}

type requestListCmd struct {
	Group    string `placeholder:"GROUP" help:"进这个群的|into this group"`
	Tag      string `placeholder:"TAG" help:"进带这个标签的群的|into groups with this tag"`
	Answered bool   `help:"已有结果的|those that are over"`
	paging
}

func (requestListCmd) Shape() any { return rowsOf[requestLine]() }
func (requestListCmd) Examples() []example {
	return []example{{"request list --group 产品交流群 --json", [2]string{"谁在等着进群", "who waits to be let in"}}}
}

// Do lists requests to be let in.
func (q *requestListCmd) Do(c *call, h *House) error {
	desk, g, _, err := c.place(h, q.Group, "")
	if err != nil {
		return err
	}
	rows, total, err := desk.FindJoins(c.ctx, community.JoinFilter{Group: g.Key, Tag: q.Tag, Answered: q.Answered, Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfJoin), total)
}

// answering is how a request is answered.
type answering struct {
	Number int64  `arg:"" help:"申请的序号，见 request list|number of the request; see request list"`
	Reason string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
}

func (answering) Shape() any { return actedLine{} }

// answer orders the answer; the server gives it, or a person is asked to.
func (q answering) answer(c *call, h *House, refuse bool, text string) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	rows, _, err := desk.FindJoins(c.ctx, community.JoinFilter{Number: q.Number, Page: community.Page{Limit: 1}})
	if err != nil {
		return err
	}
	if len(rows) != 1 {
		return failed(nil, "没有序号为 %d 的申请", "there is no request with number %d", q.Number)
	}
	a, err := community.AnswerJoin(rows[0], refuse, text)
	if err != nil {
		return err
	}
	return c.act(h, user, a, q.Reason)
}

type requestApproveCmd struct{ answering }

func (requestApproveCmd) Examples() []example {
	return []example{{"request approve 1204 --reason 答对了问题", [2]string{"放他进来", "let them in"}}}
}

// Do lets somebody in.
func (q *requestApproveCmd) Do(c *call, h *House) error { return q.answer(c, h, false, "") }

type requestRefuseCmd struct {
	answering
	Text string `placeholder:"TEXT" help:"告诉对方的话，平台支持时|what they are told, where the platform can"`
}

func (requestRefuseCmd) Examples() []example {
	return []example{{"request refuse 1204 --text 请先填写车型 --reason 没填车型", [2]string{"拒绝并说明", "refuse, and say why"}}}
}

// Do refuses somebody.
func (q *requestRefuseCmd) Do(c *call, h *House) error { return q.answer(c, h, true, q.Text) }
