package app

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
	"qunluo/internal/store"
)

// passAppeal is the purpose of the links by which members appeal. Such a link is made of the decision's id, its end and an
// HMAC over both and the purpose: it can be made again at any time, and nothing of it is kept.
const passAppeal = "appeal"

const idSize = 16

// appealLink is where a member appeals against a decision, until so many days after it.
func (a *App) appealLink(ctx context.Context, decision community.ID, until int64) (string, error) {
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return "", err
	}
	payload := binary.BigEndian.AppendUint32(nil, uint32(until/1000))
	payload = append(payload, decision[:]...)
	return a.base() + "/a/" + base64.RawURLEncoding.EncodeToString(append(payload, macOf(key, passAppeal, payload)...)), nil
}

// appealOf reads a link: which decision it is about and until when one may write. CodeNotFound when it was not made here.
func (a *App) appealOf(ctx context.Context, link string) (decision community.ID, until int64, err error) {
	none := community.Errorf(community.CodeNotFound, "no such appeal")
	raw, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil || len(raw) != expirySize+idSize+macSize {
		return decision, 0, none
	}
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return decision, 0, err
	}
	payload, mac := raw[:expirySize+idSize], raw[expirySize+idSize:]
	if !hmac.Equal(mac, macOf(key, passAppeal, payload)) {
		return decision, 0, none
	}
	copy(decision[:], payload[expirySize:])
	return decision, int64(binary.BigEndian.Uint32(payload)) * 1000, nil
}

// appealRules are the rules of a group's organisation.
func (a *App) appealRules(ctx context.Context, org community.OrgKey) (community.AppealRules, error) {
	var rules community.AppealRules
	_, err := a.store.Setting(ctx, org, store.AppealSetting, &rules)
	return rules.Or(), err
}

// notice puts addresses into what is said, and adds to the words of a penalty on which version and article of the rules it rests
// and, where people outside reach this server, where to appeal.
func (a *App) notice(ctx context.Context, d *community.Decision, ev *community.Event, act *community.Action) error {
	if act.Verb == community.Approve {
		return a.noticeRefused(ctx, d, act)
	}
	if outranked, err := a.outranked(ctx, d, ev, act); err != nil || outranked {
		return err
	}
	if err := a.vary(ctx, act); err != nil {
		return err
	}
	post, org, err := a.fromLibrary(ctx, act)
	if err != nil {
		return err
	}
	if err := a.addressed(ctx, act); err != nil {
		return err
	}
	if err := a.carried(ctx, org, act, post); err != nil {
		return err
	}
	if d.Verdict == community.Served || len(d.Strikes) == 0 && d.Article == 0 {
		return nil
	}
	if cite := policy.Cite(d.Book, d.Article); cite != "" && !strings.Contains(act.Text, fmt.Sprintf("第 %d 版", d.Book)) {
		act.Text += "\n依据：" + cite
	}
	if len(d.Strikes) == 0 {
		return nil
	}
	return a.sayAppeal(ctx, d, act)
}

// noticeRefused adds to the words of a refusal that rests on a shared list where to appeal: whoever is not let in can read no
// group.
func (a *App) noticeRefused(ctx context.Context, d *community.Decision, act *community.Action) error {
	if !listedHit(*d) {
		return nil
	}
	return a.sayAppeal(ctx, d, act)
}

func (a *App) sayAppeal(ctx context.Context, d *community.Decision, act *community.Action) error {
	org, err := a.store.OrgOf(ctx, d.Group)
	if err != nil {
		return err
	}
	rules, err := a.appealRules(ctx, org)
	if err != nil {
		return err
	}
	if rules.Off || a.cfg.Server.PublicURL == "" {
		return nil
	}
	link, err := a.appealLink(ctx, d.ID, d.At+int64(rules.Days)*24*3600*1000)
	if err != nil {
		return err
	}
	act.Text += fmt.Sprintf("\n有异议请在 %d 天内申诉：%s", rules.Days, link)
	return nil
}

// appeals is what a person sees and changes of appeals.
type appeals struct{ *hands }

// Appeals makes the handle for appeals.
func (a *App) Appeals(org community.OrgKey, groups []community.GroupKey) appeals {
	return appeals{a.Hands(org, groups)}
}

// Find lists appeals, the most urgent first.
func (p appeals) Find(ctx context.Context, f community.AppealFilter) ([]community.AppealRow, int, error) {
	return p.desk().FindAppeals(ctx, f)
}

// ByID gives one; CodeNotFound.
func (p appeals) ByID(ctx context.Context, id community.ID) (community.AppealRow, error) {
	return p.desk().AppealByID(ctx, id)
}

// Of gives the appeal about a decision; CodeNotFound when nobody wrote against it.
func (p appeals) Of(ctx context.Context, decision community.ID) (community.AppealRow, error) {
	return p.desk().AppealOf(ctx, decision)
}

// Link gives the address at which the member appeals against a decision, and until when. CodeConflict: nothing of it is held
// against anybody.
func (p appeals) Link(ctx context.Context, decision community.ID) (link string, until int64, err error) {
	d, err := p.decision(ctx, decision)
	if err != nil {
		return "", 0, err
	}
	if len(d.Strikes) == 0 && !listedHit(d.Decision) {
		return "", 0, community.Errorf(community.CodeConflict, "the decision gave no strike: there is nothing to appeal against")
	}
	rules, err := p.app.appealRules(ctx, p.org)
	if err != nil {
		return "", 0, err
	}
	until = d.At + int64(rules.Days)*24*3600*1000
	link, err = p.app.appealLink(ctx, decision, until)
	return link, until, err
}

// Rules are the organisation's rules for appeals.
func (p appeals) Rules(ctx context.Context) (community.AppealRules, error) {
	return p.app.appealRules(ctx, p.org)
}

// Bounds of the rules for appeals, in days.
const maxAppealDays = 90

// SetRules changes them.
func (p appeals) SetRules(ctx context.Context, user string, rules community.AppealRules, reason string) error {
	if rules.Days < 1 || rules.Days > maxAppealDays || rules.Answer < 1 || rules.Answer > maxAppealDays {
		return community.Errorf(community.CodeBadInput, "days: want 1 to %d", maxAppealDays)
	}
	was, err := p.Rules(ctx)
	if err != nil {
		return err
	}
	audit := p.audit(user, "appeal.rules", "setting:"+store.AppealSetting, reason)
	audit.Before, _ = json.Marshal(was)  // plain values
	audit.After, _ = json.Marshal(rules) // plain values
	return p.app.store.PutSetting(ctx, p.org, store.AppealSetting, rules, audit)
}

// Decide ends an appeal: the decision stands, or it is undone. answer is what the member reads. Who acted in the decision may
// not, unless there is nobody else and despite says why: CodeForbidden. CodeConflict: it is decided.
func (p appeals) Decide(ctx context.Context, user string, id community.ID, overturn bool, answer, despite string) error {
	row, err := p.ByID(ctx, id)
	if err != nil {
		return err
	}
	switch {
	case row.State != community.AppealOpen:
		return community.Errorf(community.CodeConflict, "the appeal is decided already")
	case strings.TrimSpace(answer) == "":
		return community.Errorf(community.CodeBadInput, "answer: say why; the member reads it")
	case utf8.RuneCountInString(answer) > community.MaxAppeal:
		return community.Errorf(community.CodeTooLarge, "answer: at most %d characters", community.MaxAppeal)
	}
	judge, err := p.judgeOf(ctx, user, row.Acted(), strings.TrimSpace(despite))
	if err != nil {
		return err
	}
	if err := policy.MayDecide(row.Acted(), judge); err != nil {
		return err
	}
	done := row.Appeal
	done.State, done.DecidedBy, done.Answer = community.AppealUpheld, user, answer
	if policy.MayDecide(row.Acted(), policy.AppealJudge{User: user, Others: 1}) != nil {
		done.Despite = judge.Despite
	}
	if overturn {
		done.State = community.AppealOverturned
		if err := p.Undo(ctx, user, row.Decision, "申诉成立："+answer); err != nil && community.CodeOf(err) != community.CodeConflict {
			return err
		}
	}
	if err := p.app.store.DecideAppeal(ctx, done, p.audit(user, "appeal.decide", "", answer)); err != nil {
		return err
	}
	return p.app.appealDone(ctx, p.hands, row, user)
}

// judgeOf says who wants to decide: whether they are an owner, and how many others could.
func (p appeals) judgeOf(ctx context.Context, user string, acted []string, despite string) (policy.AppealJudge, error) {
	j := policy.AppealJudge{User: user, Owner: user == "cli", Despite: despite}
	users, err := p.app.store.Users(ctx, p.org)
	if err != nil {
		return j, err
	}
	barred := map[string]bool{user: true}
	for _, who := range acted {
		barred[who] = true
	}
	for _, u := range users {
		if u.ID.String() == user && confirms(u) {
			j.Owner = true
		}
		if u.Enabled && !barred[u.ID.String()] && rights.May(rights.Role(u.Role), rights.Judge) {
			j.Others++
		}
	}
	return j, nil
}

// Alone reports whether nobody else may decide an appeal than this person, who acted: an owner must then say why they do.
func (p appeals) Alone(ctx context.Context, user string, row community.AppealRow) (acted, alone bool, err error) {
	j, err := p.judgeOf(ctx, user, row.Acted(), "")
	acted = policy.MayDecide(row.Acted(), j) != nil
	return acted, acted && j.Others == 0, err
}

// appealTask is the key under which people are asked to decide an appeal.
func appealTask(id community.ID) string { return "appeal:" + id.String() }

// asked asks people to decide an appeal: a task with its alarm, due when the answer is.
func (a *App) asked(ctx context.Context, row community.AppealRow) error {
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "appeal", Actions: []community.Action{{
		Verb: community.Todo, Group: row.Group, Target: row.Member, Until: row.Due,
		Text: "有成员申诉，请由没有参与原处理的人处理：" + a.base() + "/appeals/" + row.ID.String(),
	}}}
	_, err := a.engine.DecideOnce(ctx, row.Group, appealTask(row.ID), p, community.Audit{Org: row.Org, User: "system", Verb: "appeal.ask", Subject: "appeal:" + row.ID.String()})
	return err
}

// appealDone closes the task that asked for an appeal to be decided.
func (a *App) appealDone(ctx context.Context, h *hands, row community.AppealRow, user string) error {
	return a.todoDone(ctx, h, row.Group, "/appeals/"+row.ID.String(), user, "申诉已处理")
}

// todoDone closes the tasks of a group by which people were asked to look at an address; one that is only just being written is
// closed once it is there.
func (a *App) todoDone(ctx context.Context, h *hands, g community.GroupKey, address, user, note string) error {
	asked, _, err := h.desk().FindActions(ctx, community.ActionFilter{Group: g, Verb: community.Todo, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	for _, k := range asked {
		if !k.State.Final() && k.State != community.HumanTask && strings.HasSuffix(k.Text, address) {
			if err := a.answerLater(ctx, k.ID); err != nil {
				return err
			}
		}
	}
	tasks, _, err := h.desk().FindTasks(ctx, community.TaskFilter{Group: g, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	for _, k := range tasks {
		if k.Verb != community.Todo || !strings.HasSuffix(k.Text, address) {
			continue
		}
		err := a.engine.Report(ctx, k.ID, user, note, true, h.audit(user, "task.done", "task:"+k.ID.String(), note))
		if err != nil && community.CodeOf(err) != community.CodeConflict {
			return err
		}
	}
	return nil
}

// defence is what the public page of an appeal asks and changes.
type defence struct{ app *App }

// Appeal gives what a link shows. CodeNotFound: it was not made here.
func (f defence) Appeal(ctx context.Context, link string) (h5.Appeal, error) {
	out, _, _, err := f.look(ctx, link)
	return out, err
}

func (f defence) look(ctx context.Context, link string) (out h5.Appeal, d community.DecisionRow, row community.AppealRow, err error) {
	id, until, err := f.app.appealOf(ctx, link)
	if err != nil {
		return out, d, row, err
	}
	if d, err = f.app.decisionAnywhere(ctx, id); err != nil {
		return out, d, row, err
	}
	org, err := f.app.store.OrgOf(ctx, d.Group)
	if err != nil {
		return out, d, row, err
	}
	desk := f.app.store.For(community.Scope{Org: org})
	group, err := desk.GroupByKey(ctx, d.Group)
	if err != nil {
		return out, d, row, err
	}
	out = h5.Appeal{Group: d.GroupName, Zone: group.Zone, At: d.At, Version: d.Book, Until: until, Over: f.app.millis() >= until, Undone: d.Resolution == "undone" || d.Resolution == "false_hit"}
	for _, h := range d.Hits {
		if h.Chose {
			out.Rule = h.Rule
		}
	}
	out.Article = d.Article
	if body, err := f.app.store.BookBody(ctx, d.Group, d.Book); err == nil {
		if out.Rule != "" {
			out.Rule = ruleCalled(body, out.Rule)
		}
		out.Title = titled(body, d.Article)
	}
	for _, a := range d.Actions {
		if a.Verb != community.Send {
			out.Did = append(out.Did, a.Verb)
		}
	}
	row, err = desk.AppealOf(ctx, id)
	switch community.CodeOf(err) {
	case community.CodeNotFound:
		row.Org = org
		return out, d, row, nil
	case community.CodeNone:
		out.State, out.Written, out.Due, out.Answer = row.State, len(row.Statements), row.Due, row.Answer
	}
	return out, d, row, err
}

// ruleCalled is a rule's name in a book; its id where it has none.
func ruleCalled(body json.RawMessage, id string) string {
	var book policy.Book
	if json.Unmarshal(body, &book) != nil {
		return id
	}
	for _, r := range book.Rules {
		if r.ID == id && r.Name != "" {
			return r.Name
		}
	}
	return id
}

// Write takes what the member says. CodeLate: the time is over; CodeConflict: it is decided, or enough was written; CodeBadInput,
// CodeTooLarge: the words.
func (f defence) Write(ctx context.Context, link, words string) error {
	page, d, _, err := f.look(ctx, link)
	if err != nil {
		return err
	}
	words = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(words, "\x00", ""), "\uFFFD"))
	switch {
	case page.Undone || page.State != "" && page.State != community.AppealOpen:
		return community.Errorf(community.CodeConflict, "it is decided")
	case page.Over:
		return community.Errorf(community.CodeLate, "the time to appeal is over")
	case page.Written >= community.MaxStatements:
		return community.Errorf(community.CodeConflict, "at most %d statements", community.MaxStatements)
	case words == "":
		return community.Errorf(community.CodeBadInput, "words: nothing written")
	case utf8.RuneCountInString(words) > community.MaxAppeal:
		return community.Errorf(community.CodeTooLarge, "words: at most %d characters", community.MaxAppeal)
	}
	_, err = f.app.engine.Apply(ctx, community.Inbound{
		Type: community.AppealWritten, GroupKey: d.Group, ActorKey: d.Member, Key: fmt.Sprintf("appeal:%s:%d", d.ID, page.Written),
		Body: community.Body{Text: words, State: d.ID.String()},
	})
	if err != nil {
		return err
	}
	_, _, row, err := f.look(ctx, link)
	if err != nil || row.ID.IsZero() {
		return err
	}
	return f.app.asked(ctx, row)
}

// decisionAnywhere finds a decision of any organisation: the link proved that it may be seen.
func (a *App) decisionAnywhere(ctx context.Context, id community.ID) (community.DecisionRow, error) {
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return community.DecisionRow{}, err
	}
	for _, o := range orgs {
		d, err := a.store.For(community.Scope{Org: o.Key}).DecisionByID(ctx, id)
		if community.CodeOf(err) != community.CodeNotFound {
			return d, err
		}
	}
	return community.DecisionRow{}, community.Errorf(community.CodeNotFound, "decision %s: not found", id)
}

// listedHit reports whether a shared list had its way in a decision: that, too, one may appeal against.
func listedHit(d community.Decision) bool {
	return d.Verdict == community.Hit && slices.ContainsFunc(d.Hits, func(h community.RuleHit) bool { return h.Kind == policy.SharedKind })
}
