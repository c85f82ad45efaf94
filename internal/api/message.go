package api

import "qunluo/internal/community"

// message is one message on record.
type message struct {
	Number   int64        `json:"number" doc:"its place in the log"`
	ID       community.ID `json:"id"`
	At       moment       `json:"at"`
	Group    string       `json:"group" doc:"name of the group"`
	Member   community.ID `json:"member"`
	Name     string       `json:"name" doc:"as shown at the time"`
	Text     string       `json:"text"`
	Type     string       `json:"type"`
	Class    int          `json:"class" doc:"kind of content, by the numbers of ChatLab 0.0.2"`
	ReplyTo  string       `json:"reply_to"`
	Recalled bool         `json:"recalled"`
	Origin   string       `json:"origin" enum:"live,import,sim,unofficial"`
	Erased   bool         `json:"erased"`
	Message  string       `json:"message_id" doc:"the platform's id"`
}

func messageOf(m community.MessageRow) message {
	return message{m.Number, m.ID, moment(m.OccurredAt), m.GroupName, m.MemberID, m.Name, m.Text, string(m.Type), int(m.Class), m.ReplyTo, m.Recalled, m.Origin.String(), m.Erased, m.Message}
}

type messageQuery struct {
	Text   string       `query:"text" maxLength:"200" doc:"what to look for"`
	Group  community.ID `query:"group"`
	Member community.ID `query:"member"`
	Person bool         `query:"person" doc:"with member: of every account of the person"`
	From   moment       `query:"from"`
	To     moment       `query:"to"`
	Hits   bool         `query:"hits" doc:"only those that a rule hit"`
	paging
}

// listMessages gives the newest first; its cursor is a number of the log, so that nothing is shown twice or left out while
// people talk.
func listMessages(c *call, in *messageQuery) (list[message], error) {
	before, err := c.at(in.paging)
	if err != nil {
		return list[message]{}, err
	}
	g, err := c.group(in.Group)
	if err != nil {
		return list[message]{}, err
	}
	f := community.MessageFilter{Text: in.Text, Group: g.Key, Tag: in.Tag, Person: in.Person, From: int64(in.From), To: int64(in.To), Hits: in.Hits, Before: before, Limit: in.Limit}
	if !in.Member.IsZero() {
		m, err := c.desk.MemberByID(c.ctx(), in.Member)
		if err != nil {
			return list[message]{}, err
		}
		f.Member = m.Key
	}
	rows, total, err := c.desk.FindMessages(c.ctx(), f)
	out := list[message]{Items: mapped(rows, messageOf), Total: min(total, community.CountCap), More: total > community.CountCap}
	if len(rows) == in.Limit {
		out.Next = c.cursor(rows[len(rows)-1].Number)
	}
	return out, err
}

type messagePath struct {
	ID     community.ID `path:"id" doc:"id of the group"`
	Number int64        `path:"number" minimum:"1"`
}

type aroundQuery struct {
	messagePath
	Before int `query:"before" minimum:"0" maximum:"100" default:"0" doc:"how many before it"`
	After  int `query:"after" minimum:"0" maximum:"100" default:"0" doc:"how many after it"`
}

// spot finds a message in its group.
func (c *call) spot(p messagePath) (community.GroupRow, community.MessageRow, error) {
	g, err := c.desk.GroupByID(c.ctx(), p.ID)
	if err != nil {
		return g, community.MessageRow{}, err
	}
	rows, err := c.desk.Around(c.ctx(), g.Key, p.Number, 0, 0)
	if err == nil && (len(rows) != 1 || rows[0].Number != p.Number) {
		err = community.Errorf(community.CodeNotFound, "message %d: not found", p.Number)
	}
	if err != nil {
		return g, community.MessageRow{}, err
	}
	return g, rows[0], nil
}

type recallOrder struct {
	messagePath
	Body Because
}

type essenceOrder struct {
	messagePath
	Body struct {
		On bool `json:"on"`
		Because
	}
}

type strikeOrder struct {
	messagePath
	Body struct {
		Rule    string `json:"rule,omitempty" maxLength:"100" doc:"whose ladder; empty = the book's"`
		Article string `json:"article,omitempty" maxLength:"100" doc:"id of the article that was breached"`
		Because
	}
}

func messageLines() []line {
	area := community.AreaContent
	return []line{
		on("listMessages", "GET /messages", "Messages, newest first", area, []string{"GET /messages", "GET /messages.csv"}, listMessages),
		on("getMessage", "GET /groups/{id}/messages/{number}", "One message and those around it", area, []string{"GET /messages/{id}/{number}"}, func(c *call, in *aroundQuery) (list[message], error) {
			g, _, err := c.spot(in.messagePath)
			if err != nil {
				return list[message]{}, err
			}
			rows, err := c.desk.Around(c.ctx(), g.Key, in.Number, in.Before, in.After)
			return whole(rows, messageOf), err
		}),
		on("recallMessage", "POST /groups/{id}/messages/{number}/recall", "Recall a message", area, []string{"POST /messages/{id}/{number}/recall"}, func(c *call, in *recallOrder) (decided, error) {
			g, m, err := c.spot(in.messagePath)
			if err == nil && (m.Recalled || m.Origin == community.OriginImport) {
				err = community.Errorf(community.CodeConflict, "message %d cannot be recalled", m.Number)
			}
			if err != nil {
				return decided{}, err
			}
			return c.act(in.Body.Reason, community.Action{Verb: community.RecallMsg, Group: g.Key, Target: m.Member, Event: m.Number, Message: m.Message})
		}),
		on("essenceMessage", "POST /groups/{id}/messages/{number}/essence", "Put on the group's essence shelf, or take it off", area, []string{"POST /messages/{id}/{number}/essence"}, func(c *call, in *essenceOrder) (decided, error) {
			g, m, err := c.spot(in.messagePath)
			if err != nil {
				return decided{}, err
			}
			return c.act(in.Body.Reason, community.Action{Verb: community.Essence, Group: g.Key, Target: m.Member, Event: m.Number, Message: m.Message, Refuse: !in.Body.On})
		}),
		on("strikeMessage", "POST /groups/{id}/messages/{number}/strike", "Give a strike on the evidence of a message", community.AreaOrder, []string{"POST /messages/{id}/{number}/strike"}, func(c *call, in *strikeOrder) (decided, error) {
			g, m, err := c.spot(in.messagePath)
			if err != nil {
				return decided{}, err
			}
			id, err := c.hands.Strike(c.ctx(), c.who(), g.Key, community.PersonStrike{Member: m.Member, Name: m.Name, Event: m.Number, Message: m.Message, Rule: in.Body.Rule, Article: in.Body.Article}, in.Body.Reason)
			return decided{id}, err
		}),
	}
}
