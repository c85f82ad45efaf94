package cli

import (
	"time"

	"qunluo/internal/community"
)

type actionCmd struct {
	List actionListCmd `cmd:"" help:"列出动作|list actions"`
	Do   actionDoCmd   `cmd:"" help:"由人来做：发送、撤回、禁言、移出…|do something by a person's hand: send, recall, mute, remove …"`
}

// actionLine is an action as verbs print it.
type actionLine struct {
	ID       string `json:"id" col:"编号|id"`
	Created  Moment `json:"created_at" col:"时间|time"`
	Group    string `json:"group" col:"群|group"`
	Verb     string `json:"verb" col:"动作|action"`
	Target   string `json:"target" col:"对象|target"`
	State    string `json:"state" col:"状态|state"`
	Mode     string `json:"mode" col:"方式|how"`
	Attempts int    `json:"attempts" col:"次数|attempts"`
	Code     string `json:"code" col:"代码|code"`
	Detail   string `json:"detail" col:"说明|detail"`
	Cause    string `json:"cause" col:"起因|cause"`
	Rule     string `json:"rule" col:"规则|rule"`
	Decision string `json:"decision"`
	Text     string `json:"text"`
	User     string `json:"user"`
	// Parts say what became of each picture, recording, film and file.
	Parts []partLine `json:"parts"`
}

// partLine is what became of a part of a send.
type partLine struct {
	Kind  string `json:"kind"`
	How   string `json:"how"` // uploaded, same, address, words
	Code  string `json:"code"`
	Bytes int64  `json:"bytes"`
	Hash  string `json:"hash"`
}

func linesOfParts(list []community.Fate) []partLine {
	return mapped(list, func(p community.Fate) partLine { return partLine{p.Kind, p.How, string(p.Code), p.Bytes, p.Hash} })
}

func lineOfAction(a community.ActionRow) actionLine {
	return actionLine{a.ID.String(), Moment(a.Created), a.GroupName, string(a.Verb), a.TargetName, string(a.State), string(a.Mode), a.Attempts,
		string(a.Code), a.Detail, string(a.Cause), a.Rule, a.Decision.String(), a.Text, a.User, linesOfParts(a.Parts)}
}

type actionListCmd struct {
	Group  string `placeholder:"GROUP" help:"在这个群|in this group"`
	Tag    string `placeholder:"TAG" help:"在带这个标签的群|in groups with this tag"`
	Member string `placeholder:"MEMBER" help:"对这个成员|towards this member"`
	State  string `enum:",planned,queued,sent,acked,confirmed,unknown,human_task,failed,cancelled" default:"" help:"状态|state: planned, queued, sent, acked, confirmed, unknown, human_task, failed, cancelled"`
	Verb   string `placeholder:"VERB" help:"如 member.mute|e.g. member.mute"`
	paging
}

func (actionListCmd) Shape() any { return rowsOf[actionLine]() }
func (actionListCmd) Examples() []example {
	return []example{{"action list --state unknown", [2]string{"结果不明的动作", "actions whose outcome is not known"}}}
}

// Do lists actions.
func (q *actionListCmd) Do(c *call, h *House) error {
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindActions(c.ctx, community.ActionFilter{Group: g.Key, Tag: q.Tag, Member: m.Key, State: community.State(q.State), Verb: community.Verb(q.Verb), Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, lineOfAction), total)
}

type actionDoCmd struct {
	Verb    string `arg:"" enum:"send,recall,mute,unmute,remove,set_card,announce,rename,mute_all,unmute_all,essence,unessence" help:"send、recall、mute、unmute、remove、set_card、announce、rename、mute_all、unmute_all、essence、unessence|send, recall, mute, unmute, remove, set_card, announce, rename, mute_all, unmute_all, essence, unessence"`
	Group   string `arg:"" help:"群|group"`
	Member  string `arg:"" optional:"" help:"成员：mute、unmute、remove、set_card 需要|member: for mute, unmute, remove, set_card"`
	Text    string `placeholder:"TEXT" help:"要说的话、群昵称、公告或新群名|what to say; the name in the group, the announcement, the new name"`
	Message int64  `placeholder:"NUMBER" help:"recall、essence、unessence：消息的序号|recall, essence, unessence: number of the message"`
	For     string `default:"10m" placeholder:"SPAN" help:"mute：多久，如 10m、24h、7d|mute: how long, e.g. 10m, 24h, 7d"`
	Block   bool   `help:"remove：并拒绝再次申请|remove: and refuse new requests"`
	Reason  string `required:"" placeholder:"TEXT" help:"原因，记入操作记录|why; kept in the audit trail"`
	named
}

// Effect is what doing it means, for what cannot simply be taken back.
func (q *actionDoCmd) Effect() [2]string {
	switch q.Verb {
	case "remove":
		return [2]string{"将把 " + q.Member + " 移出群 " + q.Group, "this removes " + q.Member + " from group " + q.Group}
	case "send", "announce":
		return [2]string{"将在群 " + q.Group + " 发出：" + q.Text, "this says in group " + q.Group + ": " + q.Text}
	case "mute_all":
		return [2]string{"将让群 " + q.Group + " 全员禁言", "this mutes everybody in group " + q.Group}
	}
	return [2]string{}
}

// actedLine is what came of an order: the decision that carries the action.
type actedLine struct {
	Decision string `json:"decision" col:"判定|decision"`
}

func (actionDoCmd) Shape() any { return actedLine{} }
func (actionDoCmd) Examples() []example {
	return []example{
		{"action do mute 产品交流群 张三 --for 24h --reason 刷屏", [2]string{"禁言一天，可用 decision undo 撤销", "mute for a day; decision undo takes it back"}},
		{"action do send 产品交流群 --text 今晚八点直播 --reason 通知 --yes", [2]string{"发一条消息", "send a message"}},
	}
}

// wants says which arguments a verb needs.
type wants struct{ member, text, message bool }

func actionVerbs() map[string]struct {
	verb community.Verb
	wants
} {
	type row = struct {
		verb community.Verb
		wants
	}
	return map[string]row{
		"send": {community.Send, wants{text: true}}, "recall": {community.RecallMsg, wants{message: true}},
		"mute": {community.Mute, wants{member: true}}, "unmute": {community.Unmute, wants{member: true}},
		"remove": {community.Remove, wants{member: true}}, "set_card": {community.SetCard, wants{member: true}},
		"announce": {community.Announce, wants{text: true}}, "rename": {community.Rename, wants{text: true}},
		"mute_all": {community.MuteAll, wants{}}, "unmute_all": {community.MuteAll, wants{}},
		"essence": {community.Essence, wants{message: true}}, "unessence": {community.Essence, wants{message: true}},
	}
}

// Validate asks for what the verb needs; called by the parser.
func (q *actionDoCmd) Validate() error {
	w := actionVerbs()[q.Verb]
	switch {
	case w.member && q.Member == "":
		return badUsage("%s 需要成员", "%s needs a member", q.Verb)
	case w.text && q.Text == "":
		return badUsage("%s 需要 --text", "%s needs --text", q.Verb)
	case w.message && q.Message <= 0:
		return badUsage("%s 需要 --message", "%s needs --message", q.Verb)
	}
	if d, ok := readSpan(q.For); q.Verb == "mute" && (!ok || d < time.Second || d > 30*24*time.Hour) {
		return badUsage("--for %q 应在 1s 到 30d 之间", "--for %q must be 1s to 30d", q.For)
	}
	return nil
}

// Do orders the action; the server carries it out.
func (q *actionDoCmd) Do(c *call, h *House) error {
	desk, g, m, err := c.place(h, q.Group, q.Member)
	if err != nil {
		return err
	}
	a, err := q.action(c, desk, g, m)
	if err != nil {
		return err
	}
	who, err := q.who(c, h)
	if err != nil {
		return err
	}
	return c.act(h, who, a, q.Reason)
}

// act orders one action for somebody and prints the decision that carries it.
func (c *call) act(h *House, who string, a community.Action, reason string) error {
	_, hands, err := c.both(h)
	if err != nil {
		return err
	}
	ids, err := hands.Act(c.ctx, who, []community.Action{a}, reason)
	if err != nil {
		return err
	}
	if len(ids) != 1 {
		return failed(nil, "没有任何判定", "no decision came of it")
	}
	return printOne(c, actedLine{Decision: ids[0].String()})
}

func (q *actionDoCmd) action(c *call, desk Desk, g community.GroupRow, m community.Member) (community.Action, error) {
	a := community.Action{Group: g.Key, Verb: actionVerbs()[q.Verb].verb, Target: m.Key, Text: q.Text, Block: q.Block}
	switch q.Verb {
	case "mute":
		d, _ := readSpan(q.For)
		a.Seconds, a.Until = int64(d/time.Second), c.program.now().Add(d).UnixMilli()
	case "unmute_all":
		a.Refuse = true // the contract's word for lifting it
	case "recall", "essence", "unessence":
		a.Refuse = q.Verb == "unessence"
		m, err := c.messageAt(desk, g, q.Message)
		if err != nil {
			return a, err
		}
		a.Event, a.Message = m.Number, m.Message
	}
	return a, nil
}
