package app

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/engine"
	"qunluo/internal/h5"
	"qunluo/internal/store"
)

// Purposes of the links of reports: a group's page, on which nobody is known, or one member's; and the receipt, which says how
// far a report has come. They have an end, can be made again at any time, and nothing of them is kept.
const (
	passReport  = "report"
	passReceipt = "receipt"
)

const keySize = 8

// unverifiedMost is how many reports a day of people whom nobody knows a group takes.
const unverifiedMost = 30

// reportLives and receiptLives are how long such links can be used: a page that is passed on does not stay open for ever.
const (
	reportLives  = 30 * 24 * time.Hour
	receiptLives = 180 * 24 * time.Hour
)

func (a *App) reportLink(ctx context.Context, purpose string, words ...int64) (string, error) {
	life := reportLives
	if purpose == passReceipt {
		life = receiptLives
	}
	link, err := a.timedLink(ctx, purpose, life, words...)
	return a.base() + "/r/" + link, err
}

// takeReport finds out whom a member reports who answered a message with the keyword, and hands the report in as an event:
// deciding goes on from there.
func (a *App) takeReport(ctx context.Context, j store.Job) error {
	number, err := strconv.ParseInt(j.Key, 10, 64)
	if err != nil {
		return err
	}
	ev, err := a.store.EventAt(ctx, number)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	data := community.ReportData{Way: community.ReportByChat, Kind: community.ReportMessage, Answer: ev.Body.Message, Verified: true}
	in := community.Inbound{GroupKey: ev.Group, Account: ev.Account, ActorKey: ev.Actor, Key: "report:" + j.Key, OccurredAt: ev.OccurredAt, Body: community.Body{Text: ev.Body.Text}}
	said, found, err := a.store.SaidBefore(ctx, ev.Group, ev.Seq, isReported(&ev.Body))
	if err != nil {
		return err
	}
	if found {
		data.Event, data.Message, in.SubjectKey = said.Number, said.Body.Message, said.Actor
	}
	for _, seg := range ev.Body.Segments {
		if seg.Kind == "at" && !found && seg.Ref != "" {
			in.Subject, data.Named = community.Who{ID: seg.Ref, Name: seg.Text}, seg.Text
			break
		}
	}
	_, err = a.report(ctx, in, data)
	return err
}

// isReported recognises the message that an answer is about: by its id, or by the words that were copied with the answer.
func isReported(b *community.Body) func(*community.Event) bool {
	ref, words, name := b.ReplyTo, "", ""
	for _, seg := range b.Segments {
		if seg.Kind == "quote" {
			ref, words = orText(ref, seg.Ref), strings.TrimSpace(seg.Text)
		}
	}
	if head, _, ok := strings.Cut(b.Text, "」"); ok && words == "" && strings.HasPrefix(head, "「") {
		if who, said, ok := strings.Cut(strings.TrimPrefix(head, "「"), "："); ok {
			name, words = strings.TrimSpace(who), strings.TrimSpace(said)
		}
	}
	return func(ev *community.Event) bool {
		if ref != "" && ev.Body.Message == ref {
			return true
		}
		return words != "" && strings.TrimSpace(ev.Body.Text) == words && (name == "" || name == ev.Body.Name || name == ev.Body.Card)
	}
}

func orText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// report puts a report on the belt.
func (a *App) report(ctx context.Context, in community.Inbound, data community.ReportData) (out engine.Outcome, err error) {
	if in.ActorKey != 0 {
		if data.Person, err = a.store.PersonOf(ctx, in.ActorKey); err != nil {
			return out, err
		}
		if data.Here, data.Joined, err = a.hereSince(ctx, in.GroupKey, in.ActorKey); err != nil {
			return out, err
		}
	}
	in.Type = community.MemberReported
	if in.Body.Data, err = json.Marshal(data); err != nil {
		return out, err
	}
	made, err := a.engine.Apply(ctx, in)
	if err != nil {
		return out, err
	}
	a.jobs.Wake()
	if made[0].Refused != "" {
		return out, community.Errorf(made[0].Refused, "the report was not taken")
	}
	return made[0], nil
}

// hereSince says whether a member is on a group's list, and since when.
func (a *App) hereSince(ctx context.Context, g community.GroupKey, m community.MemberKey) (bool, int64, error) {
	org, err := a.store.OrgOf(ctx, g)
	if err != nil {
		return false, 0, err
	}
	places, err := a.store.For(community.Scope{Org: org}).Memberships(ctx, m)
	for _, row := range places {
		if row.Group == g && row.LeftAt == 0 {
			return true, row.JoinedAt, err
		}
	}
	return false, 0, err
}

// reportTask asks people about harassment in private. Its key is the case's id.
func (a *App) reportTask(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	orgs, err := a.store.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, o := range orgs {
		row, err := a.store.For(community.Scope{Org: o.Key}).ReportByID(ctx, id)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return err
		}
		p := community.PersonDecision{Kind: "act", User: "system", Reason: "report", Actions: []community.Action{{
			Verb: community.Todo, Group: row.Group, Target: row.Member, Until: a.millis() + day,
			Text: "有成员举报私聊骚扰，请查看，并看看这个人还在哪些群：" + a.base() + "/reports/" + row.ID.String(),
		}}}
		_, err = a.engine.DecideOnce(ctx, row.Group, "report:"+row.ID.String(), p, community.Audit{Org: row.Org, User: "system", Verb: "report.ask", Subject: "report:" + row.ID.String()})
		return err
	}
	return nil
}

// reports is what a person sees and changes of reports.
type reports struct{ *hands }

// Reports makes the handle for members' reports.
func (a *App) Reports(org community.OrgKey, groups []community.GroupKey) reports {
	return reports{a.Hands(org, groups)}
}

// Find lists cases of reports, those that people were asked about first.
func (p reports) Find(ctx context.Context, f community.ReportFilter) ([]community.ReportRow, int, error) {
	return p.desk().FindReports(ctx, f)
}

// ByID gives one with its reports; CodeNotFound.
func (p reports) ByID(ctx context.Context, id community.ID) (community.ReportRow, error) {
	return p.desk().ReportByID(ctx, id)
}

// Of gives the case about which a decision asked people; CodeNotFound.
func (p reports) Of(ctx context.Context, decision community.ID) (community.ReportRow, error) {
	return p.desk().ReportOf(ctx, decision)
}

// Links gives the addresses at which people report: the group's, on which nobody is known, and, with a member, their own.
func (p reports) Links(ctx context.Context, g community.GroupKey, m community.MemberKey) (group, own string, err error) {
	if err = p.sees(ctx, g); err != nil {
		return "", "", err
	}
	if group, err = p.app.reportLink(ctx, passReport, int64(g), 0); err == nil && m != 0 {
		own, err = p.app.reportLink(ctx, passReport, int64(g), int64(m))
	}
	return group, own, err
}

// reportWords bounds and cleans the words of a report.
func reportWords(words string) (string, error) {
	words = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(words, "\x00", ""), "\uFFFD"))
	if utf8.RuneCountInString(words) > community.MaxReport {
		return "", community.Errorf(community.CodeTooLarge, "words: at most %d characters", community.MaxReport)
	}
	return words, nil
}

// Give records a report for somebody, and gives its case.
func (p reports) Give(ctx context.Context, user string, o community.ReportOrder) (row community.ReportRow, err error) {
	if err = p.sees(ctx, o.Group); err != nil {
		return row, err
	}
	if o.Words, err = reportWords(o.Words); err != nil {
		return row, err
	}
	if o.Kind == "" {
		o.Kind = community.ReportMessage
	}
	switch {
	case o.Kind != community.ReportMessage && o.Kind != community.ReportPrivate:
		return row, community.Errorf(community.CodeBadInput, "kind %q: want message or private", o.Kind)
	case o.Event == 0 && o.Member == 0:
		return row, community.Errorf(community.CodeBadInput, "report: name a message or a member")
	case o.Event == 0 && o.Words == "":
		return row, community.Errorf(community.CodeBadInput, "report: say what happened")
	}
	data := community.ReportData{Way: community.ReportByOperator, Kind: o.Kind, Verified: true, User: user}
	in := community.Inbound{GroupKey: o.Group, ActorKey: o.Reporter, SubjectKey: o.Member, Key: p.app.store.NewID().String(), Body: community.Body{Text: o.Words}}
	if o.Event != 0 {
		ev, err := p.app.store.EventAt(ctx, o.Event)
		if err != nil {
			return row, err
		}
		if ev.Group != o.Group || ev.Type != community.MessageCreated {
			return row, community.Errorf(community.CodeNotFound, "message %d: not found", o.Event)
		}
		if o.Member != 0 && o.Member != ev.Actor {
			return row, community.Errorf(community.CodeBadInput, "report: the message is somebody else's")
		}
		data.Event, data.Message, in.SubjectKey = ev.Number, ev.Body.Message, ev.Actor
	}
	audit := p.audit(user, "report.give", subjectOf("group", int64(o.Group)), o.Words)
	in.Audit = &audit
	made, err := p.app.report(ctx, in, data)
	if err != nil {
		return row, err
	}
	for _, d := range made.Decisions {
		if d.Report != nil {
			return p.ByID(ctx, d.Report.Case)
		}
	}
	return row, community.Errorf(community.CodeConflict, "nothing came of the report")
}

// verdictOf is what the belt must know of a person's word about a case.
func verdictOf(row community.ReportRow, upheld bool) *community.ReportVerdict {
	v := &community.ReportVerdict{Case: row.ID, Upheld: upheld}
	told := map[community.MemberKey]bool{}
	for _, x := range row.Reports {
		if x.Reporter == 0 || !x.Verified || told[x.Reporter] || x.Why == community.ReportLimit || x.Why == community.ReportSelf {
			continue
		}
		told[x.Reporter] = true
		v.Reporters = append(v.Reporters, community.ReporterOf{Member: x.Reporter, Way: x.Way, Answer: x.Answer, Weight: x.Weight})
	}
	return v
}

// Settle ends a case: upheld, with a strike if wanted, or dismissed. The reporters are told. CodeConflict: it is ended, or the
// message is the evidence of a strike already. CodeForbidden: the member is immune.
func (p reports) Settle(ctx context.Context, user string, id community.ID, end community.ReportEnd) (community.ReportRow, error) {
	row, err := p.ByID(ctx, id)
	if err != nil {
		return row, err
	}
	end.Words = strings.TrimSpace(end.Words)
	switch {
	case row.State == community.ReportUpheld || row.State == community.ReportDismissed:
		return row, community.Errorf(community.CodeConflict, "the report is %s already, by %s", row.State, row.SettledBy)
	case end.Words == "":
		return row, community.Errorf(community.CodeBadInput, "reason: say why")
	case end.Strike && (row.Event == 0 || row.Member == 0 || row.Message.Number == 0):
		return row, community.Errorf(community.CodeBadInput, "strike: there is no message to give one for")
	}
	verdict := verdictOf(row, end.Upheld)
	if end.Upheld && end.Strike {
		s := community.PersonStrike{Member: row.Member, Name: row.Message.Name, Event: row.Event, Message: row.Message.Message, Rule: end.Rule}
		if row.Message.Recalled {
			s.Message = ""
		}
		_, err = p.strike(ctx, user, row.Group, s, end.Words, verdict)
	} else {
		verb := "report.dismiss"
		if end.Upheld {
			verb = "report.uphold"
		}
		d := community.PersonDecision{Kind: "report", User: user, Reason: end.Words, Report: verdict}
		_, err = p.app.engine.Decide(ctx, row.Group, d, p.audit(user, verb, "report:"+id.String(), end.Words))
	}
	if err != nil {
		return row, err
	}
	if err := p.closeTask(ctx, row, user); err != nil {
		return row, err
	}
	p.app.jobs.Wake()
	return p.ByID(ctx, id)
}

// closeTask ends the task by which people were asked about a case.
func (p reports) closeTask(ctx context.Context, row community.ReportRow, user string) error {
	if row.Kind != community.ReportPrivate {
		return nil
	}
	return p.app.todoDone(ctx, p.hands, row.Group, "/reports/"+row.ID.String(), user, "举报已处理")
}

// whistle is what the public page of reports asks and changes.
type whistle struct{ app *App }

// Report gives what a link shows: a page on which to report, or how far a report has come. CodeNotFound: it was not made here.
func (f whistle) Report(ctx context.Context, link string) (h5.Report, error) {
	of, err := f.app.timedOf(ctx, link, passReceipt, 1)
	switch community.CodeOf(err) {
	case community.CodeNone:
		state, err := f.app.store.ReportState(ctx, of[0])
		return h5.Report{State: state, Receipt: true}, err
	case community.CodeLate:
		return h5.Report{}, err
	}
	of, err = f.app.timedOf(ctx, link, passReport, 2)
	if err != nil {
		return h5.Report{}, err
	}
	g, m, err := f.place(ctx, of)
	return h5.Report{Group: g.Name, Reporter: m.Name}, err
}

// place finds the group of a link, and the member whose own it is.
func (f whistle) place(ctx context.Context, of []int64) (community.GroupRow, community.MemberRow, error) {
	var m community.MemberRow
	org, err := f.app.store.OrgOf(ctx, community.GroupKey(of[0]))
	if err != nil {
		return community.GroupRow{}, m, err
	}
	desk := f.app.store.For(community.Scope{Org: org})
	g, err := desk.GroupByKey(ctx, community.GroupKey(of[0]))
	if err != nil || of[1] == 0 {
		return g, m, err
	}
	places, err := desk.Memberships(ctx, community.MemberKey(of[1]))
	if err != nil {
		return g, m, err
	}
	for _, row := range places {
		if row.Group == g.Key && row.LeftAt == 0 {
			return g, row, nil
		}
	}
	return g, m, community.Errorf(community.CodeNotFound, "no longer a member")
}

// Write takes a report and gives the address of its receipt. CodeBadInput, CodeTooLarge: the words; CodeLimited: too many came
// from people whom nobody knows.
func (f whistle) Write(ctx context.Context, link string, o h5.ReportForm) (string, error) {
	of, err := f.app.timedOf(ctx, link, passReport, 2)
	if err != nil {
		return "", err
	}
	g, reporter, err := f.place(ctx, of)
	if err != nil {
		return "", err
	}
	if o.Words, err = reportWords(o.Words); err != nil {
		return "", err
	}
	for _, text := range []*string{&o.Name, &o.Said} {
		if *text, err = reportWords(*text); err != nil {
			return "", err
		}
	}
	switch {
	case o.Name == "" && o.Said == "" || o.Private && o.Name == "":
		return "", community.Errorf(community.CodeBadInput, "name: say who is meant")
	case o.Words == "" && (o.Private || o.Said == ""):
		return "", community.Errorf(community.CodeBadInput, "words: say what happened")
	}
	if reporter.Key == 0 {
		n, err := f.app.store.ReportsSince(ctx, g.Key, f.app.millis()-day, true)
		if err != nil {
			return "", err
		}
		if n >= unverifiedMost {
			return "", community.Errorf(community.CodeLimited, "reports: %d today from people whom nobody knows", n)
		}
	}
	return f.hand(ctx, g, reporter, o)
}

// hand puts what was written on the page on the belt. The same words twice within a day are one report.
func (f whistle) hand(ctx context.Context, g community.GroupRow, reporter community.MemberRow, o h5.ReportForm) (string, error) {
	data := community.ReportData{Way: community.ReportByPage, Kind: community.ReportMessage, Verified: reporter.Key != 0, Named: o.Name}
	if o.Private {
		data.Kind = community.ReportPrivate
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%d\x00%d\x00%v\x00%s\x00%s\x00%s", g.Key, reporter.Key, f.app.millis()/day, o.Private, o.Name, o.Said, o.Words))
	in := community.Inbound{GroupKey: g.Key, ActorKey: reporter.Key, Key: "page:" + base64.RawURLEncoding.EncodeToString(sum[:16]), Body: community.Body{Text: o.Words}}
	if err := f.meant(ctx, g, o, &in, &data); err != nil {
		return "", err
	}
	if data.Event == 0 && o.Said != "" {
		in.Body.Text = strings.TrimSpace(o.Words + "\n「" + o.Said + "」")
	}
	out, err := f.app.report(ctx, in, data)
	if err != nil {
		return "", err
	}
	if out.Repeated {
		return "", community.Errorf(community.CodeConflict, "reported already")
	}
	return f.app.reportLink(ctx, passReceipt, out.Number)
}

// meant finds the message and the member that a page's words mean: the newest message with exactly these words, else the one
// member of that name. Where nobody is found for sure, nobody is said.
func (f whistle) meant(ctx context.Context, g community.GroupRow, o h5.ReportForm, in *community.Inbound, data *community.ReportData) error {
	named := func(names ...string) bool {
		for _, n := range names {
			if o.Name == n && n != "" {
				return true
			}
		}
		return false
	}
	if o.Said != "" && !o.Private {
		last, err := f.app.store.LastSeq(ctx, g.Key)
		if err != nil {
			return err
		}
		ev, found, err := f.app.store.SaidBefore(ctx, g.Key, last+1, func(ev *community.Event) bool {
			return strings.TrimSpace(ev.Body.Text) == o.Said && (o.Name == "" || named(ev.Body.Name, ev.Body.Card))
		})
		if err != nil || found {
			data.Event, data.Message, in.SubjectKey = ev.Number, ev.Body.Message, ev.Actor
			return err
		}
	}
	if o.Name == "" {
		return nil
	}
	rows, _, err := f.app.store.For(community.Scope{Org: g.Org}).FindMembers(ctx, community.MemberFilter{Group: g.Key, Text: o.Name, Page: community.Page{Limit: 50}})
	if err != nil {
		return err
	}
	var one []community.MemberKey
	for _, m := range rows {
		if named(m.Name, m.Card) {
			one = append(one, m.Key)
		}
	}
	if len(one) == 1 {
		in.SubjectKey = one[0]
	}
	return nil
}
