package cli

import (
	"encoding/json"

	"qunluo/internal/community"
)

type auditCmd struct {
	List   auditListCmd   `cmd:"" help:"谁在何时为何做了什么|who did what, when and why"`
	Reveal auditRevealCmd `cmd:"" help:"还原身份的申请|wishes to know who stands behind a pseudonym"`
}

// auditLine is a row of the audit trail.
type auditLine struct {
	ID      string          `json:"id"`
	At      Moment          `json:"at" col:"时间|time"`
	User    string          `json:"user" col:"谁|who"`
	Verb    string          `json:"verb" col:"做了什么|did"`
	Subject string          `json:"subject" col:"对象|to"`
	Reason  string          `json:"reason" col:"原因|why"`
	Before  json.RawMessage `json:"before"`
	After   json.RawMessage `json:"after"`
}

type auditListCmd struct {
	User    string `help:"谁做的|by whom"`
	Verb    string `help:"如 rulebook.publish|e.g. rulebook.publish"`
	Subject string `help:"如 group:编号|e.g. group:ID"`
	From    string `placeholder:"TIME" help:"从（含）|from (included)"`
	To      string `placeholder:"TIME" help:"到（不含）|to (not included)"`
	paging
}

func (auditListCmd) Shape() any          { return rowsOf[auditLine]() }
func (auditListCmd) Examples() []example { return nil }

// Do lists the audit trail.
func (q *auditListCmd) Do(c *call, h *House) error {
	desk, err := c.desk(h)
	if err != nil {
		return err
	}
	from, to, err := c.span(q.From, q.To)
	if err != nil {
		return err
	}
	rows, total, err := desk.FindAudit(c.ctx, community.AuditFilter{User: q.User, Verb: q.Verb, Subject: q.Subject, From: from, To: to, Page: q.page()})
	if err != nil {
		return err
	}
	return printList(c, mapped(rows, func(a community.Audit) auditLine {
		return auditLine{a.ID.String(), Moment(a.At), a.User, a.Verb, a.Subject, a.Reason, a.Before, a.After}
	}), total)
}
