package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// report (举报) lets members ask for a person's look at a message or a member. Reports never punish: once enough different
// members of standing have reported the same, people are asked, and what they decide goes the usual way. Whoever reports too
// often, or was wrong too often, weighs less and is told; reports that look arranged are shown as such.
type report struct {
	Words    []string `json:"words"`    // an answer that begins with one of them is a report
	Need     int      `json:"need"`     // reporters of standing, until people are asked
	Days     int64    `json:"days"`     // of membership, to be of standing
	Limit    int      `json:"limit"`    // reports of one member within 24 h
	Rejected int      `json:"rejected"` // reports found wrong, from which on a reporter weighs less
	Hours    int64    `json:"hours"`    // how long reports about the same add up
	Wave     int64    `json:"wave"`     // minutes within which those who joined count as having come together
	Recall   bool     `json:"recall"`
	Feedback string   `json:"feedback"`
	Received string   `json:"received"`
	Handled  string   `json:"handled"`
	Refused  string   `json:"refused"`
}

// Ways of feedback.
const (
	feedbackGroup   = "group" // a report by chat is answered there, any other in private
	feedbackPrivate = "private"
	feedbackNone    = "none"
)

// Bounds of what is remembered of reports.
const (
	maxReportCases = 200
	maxReportedBy  = 50
	maxReporters   = 2000
	reporterLasts  = 90 * daySeconds * 1000
	fullWeight     = 100
	lowWeight      = 25
	arranged       = 3 // so many of the reporters make it look arranged
	dayMs          = daySeconds * 1000
)

func defaultReport() *report {
	return &report{Words: []string{"举报", "report"}, Need: 3, Days: 3, Limit: 5, Rejected: 3, Hours: 72, Wave: 30, Feedback: feedbackGroup,
		Received: "收到你的举报，会有人查看。", Handled: "你举报的内容已处理，谢谢。", Refused: "你举报的内容经查看未违反群规，没有处理。"}
}

func reportKind() kind {
	d := defaultReport()
	number := func(name, zh, en string, help [2]string, least, most int64, def any) Field {
		return Field{Name: name, Title: words(zh, en), Help: help, Type: typeInt, Min: least, Max: most, Default: def}
	}
	none := [2]string{}
	return kind{
		schema: Schema{
			Name: "report", Title: words("成员举报", "Member reports"),
			Summary: words("成员回复一条消息并写“举报”（也可以走举报页面）；不同的老成员举报达到人数后，送人查看。举报本身从不处罚人。",
				"A member answers a message with the keyword, or uses the report page; once enough different members of standing have reported the same, people are asked. Reports alone never punish."),
			Fields: []Field{
				{Name: "words", Title: words("关键词", "Keywords"), Type: typeWords, Max: 20, Default: d.Words, Help: words("回复（或 @）里以它开头，就是举报", "an answer, or a mention, that begins with it is a report")},
				number("need", "多少人举报后送人查看", "Reporters until people are asked", words("只算老成员；低于它的也记在举报台账里", "members of standing; what stays below stands in the ledger"), 1, 50, d.Need),
				number("days", "进群满多少天才算数", "Days of membership to count", none, 0, 365, d.Days),
				number("limit", "每人每天最多举报几次", "Reports of one member a day", none, 1, 100, d.Limit),
				number("rejected", "几次不成立后降低分量", "Reports found wrong until a reporter weighs less", none, 1, 100, d.Rejected),
				number("hours", "多少小时内的举报合在一起算", "Hours within which reports add up", none, 1, 24*30, d.Hours),
				number("wave", "多少分钟内一起进群的合算一人", "Who joined within so many minutes counts as one", words("0 表示不看", "0 = not looked at"), 0, 24*60, d.Wave),
				{Name: "recall", Title: words("送人查看时先撤回消息", "Recall the message while people look"), Type: typeBool, Help: words("像有组织的举报不会触发撤回", "never on reports that look arranged")},
				{Name: "feedback", Title: words("怎样回复举报人", "How reporters are answered"), Type: typeChoice, Default: feedbackGroup, Choices: []Choice{
					{feedbackGroup, words("群里举报就在群里回，其他私下回", "In the group where it was reported there, else in private")}, {feedbackPrivate, words("总是私下回", "Always in private")}, {feedbackNone, words("不回复", "Not at all")}}},
				{Name: "received", Title: words("收到时说", "On receipt"), Type: typeLong, Max: 300, Default: d.Received},
				{Name: "handled", Title: words("处理后说", "Once handled"), Type: typeLong, Max: 300, Default: d.Handled},
				{Name: "refused", Title: words("不成立时说", "Where not upheld"), Type: typeLong, Max: 300, Default: d.Refused},
			},
		},
		build: func(_ *builder, _ string, r *rule, params json.RawMessage) {
			p := defaultReport()
			json.Unmarshal(params, p)
			r.does = p
		},
	}
}

// reportRule is the rule by which a book weighs reports; one that has none weighs them as the kind's defaults say.
func (rb *Rulebook) reportRule() (*rule, *report) {
	if r := rb.reports; r != nil {
		return r, r.does.(*report)
	}
	r := &rule{Rule: Rule{ID: "report", Kind: "report", Mode: RuleLive}, dry: rb.book.Mode != community.Live}
	return r, defaultReport()
}

// Reports reports whether a message that was just stepped over reports somebody, by a rule of the book.
func (k *Keeper) Reports(ev *community.Event) bool {
	r := k.rb.reports
	if r == nil || ev.Type != community.MessageCreated || ev.Actor == 0 || !ev.Body.Caused.IsZero() || k.state.isOurs(ev) {
		return false
	}
	return r.does.(*report).asks(&ev.Body)
}

// asks reports whether a message answers another, or mentions somebody, and begins with a keyword.
func (p *report) asks(b *community.Body) bool {
	said, aims := b.Text[quoted(b):], b.ReplyTo != ""
	for _, seg := range b.Segments {
		switch seg.Kind {
		case "quote":
			aims = true
		case "at":
			aims = true
			said = strings.TrimPrefix(strings.TrimSpace(said), "@"+strings.TrimPrefix(seg.Text, "@"))
		}
	}
	return aims && p.begins(said)
}

// begins reports whether a text begins with a keyword that ends there.
func (p *report) begins(text string) bool {
	text = strings.ToLower(strings.TrimLeft(text, "」”』\">-—~ \t\r\n"))
	return slices.ContainsFunc(p.Words, func(word string) bool {
		rest, ok := strings.CutPrefix(text, strings.ToLower(word))
		next, _ := utf8.DecodeRuneInString(rest)
		return ok && word != "" && (rest == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next))
	})
}

// reportCase is what is remembered of the reports about one thing.
type reportCase struct {
	ID     community.ID         `json:"id"`
	Kind   community.ReportKind `json:"kind"`
	Member community.MemberKey  `json:"member,omitempty"`
	Event  int64                `json:"event,omitempty"`
	Last   int64                `json:"last"`
	Raised bool                 `json:"raised,omitempty"`
	Warned bool                 `json:"warned,omitempty"` // people were shown that it looks arranged
	By     []reportedBy         `json:"by"`
}

// reportedBy is one report of a case.
type reportedBy struct {
	Member community.MemberKey `json:"member,omitempty"`
	Person int64               `json:"person,omitempty"`
	Joined int64               `json:"joined,omitempty"`
	Weight int                 `json:"weight"`
	Why    string              `json:"why,omitempty"`
}

// reporter is what is remembered of one who reports.
type reporter struct {
	Member   community.MemberKey `json:"member"`
	Since    int64               `json:"since"` // the day that Today counts
	Today    int                 `json:"today"`
	Told     bool                `json:"told,omitempty"` // that there were too many today
	Upheld   int                 `json:"upheld,omitempty"`
	Rejected int                 `json:"rejected,omitempty"`
	Last     int64               `json:"last"`
}

// stepReported weighs a report and asks people once the reports of members of standing are enough.
func stepReported(rb *Rulebook, s *State, ev *community.Event) []community.Decision {
	var data community.ReportData
	d := decide(rb, s, ev, ev.Subject)
	if err := json.Unmarshal(ev.Body.Data, &data); err != nil {
		d.Verdict, d.Why = community.Faulted, "member.reported: "+err.Error()
		return []community.Decision{d}
	}
	r, p := rb.reportRule()
	s.look.judging = r
	who := s.reporter(ev.Actor, ev.At)
	c := s.reportAbout(ev, data, p)
	by := reportedBy{Member: ev.Actor, Person: data.Person}
	if by.Joined = data.Joined; s.members[ev.Actor] != nil && s.members[ev.Actor].Joined != 0 {
		by.Joined = s.members[ev.Actor].Joined
	}
	by.Weight, by.Why = p.weigh(rb, s, ev, data, &c, who, by.Joined)
	if by.Why != community.ReportLimit {
		if c.Last = ev.At; len(c.By) < maxReportedBy {
			c.By = append(slices.Clone(c.By), by)
		}
	}
	total, flags := p.sum(s, c)
	w := &community.ReportWeighed{Case: c.ID, Member: ev.Subject, Event: data.Event, Kind: data.Kind, Weight: by.Weight, Why: by.Why, Total: total, Need: p.needs(data.Kind), Flags: flags}
	d.Verdict, d.Report, d.Why = community.Served, w, "report"
	p.raise(rb, ev, r, data, &c, &d)
	p.receive(ev, r, data, by, &who, &d)
	s.keepReport(c, p, ev.At)
	s.keepReporter(who, ev.At)
	s.look.judging = nil
	return []community.Decision{d}
}

// weigh says how much a report counts, in percent of one by a member of standing, and why it is less.
func (p *report) weigh(rb *Rulebook, s *State, ev *community.Event, data community.ReportData, c *reportCase, who reporter, joined int64) (int, string) {
	m := s.members[ev.Actor]
	had := func(x reportedBy) bool { return ev.Actor != 0 && x.Member == ev.Actor }
	same := func(x reportedBy) bool { return data.Person != 0 && x.Person == data.Person }
	switch {
	case data.Way == community.ReportByOperator:
		return fullWeight * p.Need, ""
	case ev.Actor == 0 || !data.Verified:
		return 0, community.ReportUnverified
	case ev.Actor == ev.Subject:
		return 0, community.ReportSelf
	case who.Today > p.Limit:
		return 0, community.ReportLimit
	case slices.ContainsFunc(c.By, had):
		return 0, community.ReportAgain
	case m == nil && !data.Here || m != nil && m.Gone:
		return 0, community.ReportNotMember
	case s.isRaiding(rb, ev.Actor, ev.At):
		return 0, community.ReportWave
	case joined != 0 && ev.At < joined+p.Days*dayMs:
		return 0, community.ReportNew
	case rb.onProbation(m, ev.At):
		return 0, community.ReportProbation
	case slices.ContainsFunc(c.By, same):
		return 0, community.ReportSamePerson
	case who.Rejected >= p.Rejected && who.Rejected > who.Upheld:
		return lowWeight, community.ReportWeighedDown
	}
	return fullWeight, ""
}

// needs is how many reporters of standing it takes until people are asked. Harassment in private leaves no trace in the log: one
// is enough for a look.
func (p *report) needs(kind community.ReportKind) int {
	if kind == community.ReportPrivate {
		return 1
	}
	return p.Need
}

// onProbation reports whether a rule of the book still watches a member as new.
func (rb *Rulebook) onProbation(m *member, at int64) bool {
	return slices.ContainsFunc(rb.rules, func(r *rule) bool {
		p, ok := r.does.(*probation)
		return ok && p.isNew(m, at)
	})
}

// sum adds up what reports weigh. Those who joined together, and those who reported somebody else together, count as one.
func (p *report) sum(s *State, c reportCase) (total int, flags []string) {
	joined := make([]bool, len(c.By))
	for i, a := range c.By {
		for k, b := range c.By {
			joined[i] = joined[i] || i != k && a.Joined != 0 && b.Joined != 0 && abs(a.Joined-b.Joined) <= p.Wave*60_000
		}
	}
	again := make([]bool, len(c.By))
	for _, other := range s.now.Reports {
		if other.ID == c.ID || other.Member == c.Member {
			continue
		}
		var both []int
		for i, a := range c.By {
			if a.Member != 0 && slices.ContainsFunc(other.By, func(b reportedBy) bool { return b.Member == a.Member }) {
				both = append(both, i)
			}
		}
		for _, i := range both {
			again[i] = again[i] || len(both) >= arranged
		}
	}
	most, one, many := 0, 0, 0
	for i, a := range c.By {
		switch {
		case again[i]:
			many++
		case joined[i] && p.Wave > 0:
			one++
		default:
			total += a.Weight
			continue
		}
		most = max(most, a.Weight)
	}
	if one+many < arranged { // two who came together are nothing to wonder at
		for i, a := range c.By {
			if again[i] || joined[i] && p.Wave > 0 {
				total += a.Weight
			}
		}
		return total, nil
	}
	if one > 0 {
		flags = append(flags, community.ReportJoinedTogether)
	}
	if many > 0 {
		flags = append(flags, community.ReportSeveralTogether)
	}
	return total + most, flags
}

func abs(n int64) int64 { return max(n, -n) }

// raise asks people where the reports are enough, or look arranged. Nothing is held against anybody.
func (p *report) raise(rb *Rulebook, ev *community.Event, r *rule, data community.ReportData, c *reportCase, d *community.Decision) {
	w := d.Report
	enough := w.Total >= w.Need*fullWeight
	odd := len(w.Flags) > 0 && len(c.By) >= w.Need && !c.Warned
	if c.Raised || !enough && !odd {
		return
	}
	c.Raised, c.Warned, w.Raised = enough, c.Warned || odd, true
	why := fmt.Sprintf("report %d%%/%d%% by %d", w.Total, w.Need*fullWeight, len(c.By))
	if len(w.Flags) > 0 {
		why += " " + strings.Join(w.Flags, "+")
	}
	dry := r.Mode == RuleDry // where only the book observes, people are asked all the same: a look does nothing to anybody
	if d.Verdict = community.Hit; dry {
		d.Verdict = community.DryHit
	}
	d.Hits = []community.RuleHit{{Rule: r.ID, Kind: "report", Dry: dry, Why: why, Chose: !dry}}
	if p.Recall && !r.dry && enough && len(w.Flags) == 0 && data.Message != "" {
		d.Actions = append(d.Actions, community.Action{
			ID: community.DeriveID(ev.ID, r.ID, len(d.Actions)), Decision: d.ID, Group: ev.Group, Target: ev.Subject, Event: data.Event,
			Cause: community.ByRule, Rule: r.ID, Verb: community.RecallMsg, Message: data.Message, Deadline: ev.At + recallLasts,
		})
	}
}

// receive tells a reporter that the report came, or that there were too many today; a reporter who weighs less is told so.
func (p *report) receive(ev *community.Event, r *rule, data community.ReportData, by reportedBy, who *reporter, d *community.Decision) {
	text := p.Received
	switch by.Why {
	case community.ReportLimit:
		if who.Told {
			return
		}
		who.Told, text = true, fmt.Sprintf("你今天的举报已超过 %d 次，这一次不再受理，明天可以再举报。", p.Limit)
	case community.ReportWeighedDown:
		text += fmt.Sprintf("你此前有 %d 次举报不成立，所以这次的分量会低一些。", who.Rejected)
	}
	p.tell(ev, r, community.ReporterOf{Member: ev.Actor, Way: data.Way, Answer: data.Answer}, text, d)
}

// tell answers a reporter: where they reported in the group there, else by a word in private, which a person writes where no
// connection can. Nobody else's name is in it.
func (p *report) tell(ev *community.Event, r *rule, to community.ReporterOf, text string, d *community.Decision) {
	if to.Member == 0 || text == "" || p.Feedback == feedbackNone || r.dry || to.Way == community.ReportByOperator {
		return
	}
	a := say(ev, r, len(d.Actions), to.Member, text, replyLasts)
	a.Event = 0
	if to.Way == community.ReportByChat && p.Feedback == feedbackGroup {
		a.ReplyTo = to.Answer
	} else {
		a.Verb, a.Mention, a.Deadline, a.Until = community.Remind, false, 0, ev.At+dayMs
	}
	d.Actions = append(d.Actions, a)
}

// verdict takes a person's word about a case of reports in: who was wrong is remembered, and the reporters are told.
func (s *State) verdict(rb *Rulebook, ev *community.Event, d *community.Decision, v *community.ReportVerdict) {
	r, p := rb.reportRule()
	for _, to := range v.Reporters {
		who := s.reporter(to.Member, ev.At)
		who.Today = max(who.Today-1, 0) // reading is no reporting
		text := p.Handled
		switch {
		case v.Upheld:
			who.Upheld++
		default:
			who.Rejected++
			text = p.Refused
			if who.Rejected == p.Rejected {
				text += fmt.Sprintf("你已有 %d 次举报不成立，之后的举报分量会低一些。", who.Rejected)
			}
		}
		s.keepReporter(who, ev.At)
		p.tell(ev, r, to, text, d)
	}
	s.now.Reports = slices.DeleteFunc(slices.Clone(s.now.Reports), func(c reportCase) bool { return c.ID == v.Case })
}

// reporter is what is known of a reporter, with one more report today.
func (s *State) reporter(who community.MemberKey, now int64) reporter {
	x := reporter{Member: who}
	if i := slices.IndexFunc(s.now.Reporters, func(r reporter) bool { return r.Member == who }); i >= 0 {
		x = s.now.Reporters[i]
	}
	if now-x.Since >= dayMs {
		x.Since, x.Today, x.Told = now, 0, false
	}
	x.Today++
	return x
}

func (s *State) keepReporter(x reporter, now int64) {
	if x.Member == 0 {
		return
	}
	x.Last = now
	all := make([]reporter, 0, len(s.now.Reporters)+1)
	for _, old := range s.now.Reporters {
		if old.Member != x.Member && old.Last > now-reporterLasts {
			all = append(all, old)
		}
	}
	all = append(all, x)
	s.now.Reporters = all[max(0, len(all)-maxReporters):]
}

// reportAbout is the case that a report belongs to; a new one where there is none, or its time is over.
func (s *State) reportAbout(ev *community.Event, data community.ReportData, p *report) reportCase {
	for _, c := range s.now.Reports {
		if c.Member == ev.Subject && c.Event == data.Event && c.Kind == data.Kind && ev.At-c.Last < p.Hours*hourMs && (c.Member != 0 || c.Event != 0) {
			return c
		}
	}
	return reportCase{ID: community.DeriveID(ev.ID, "report", 0), Kind: data.Kind, Member: ev.Subject, Event: data.Event}
}

func (s *State) keepReport(c reportCase, p *report, now int64) {
	all := make([]reportCase, 0, len(s.now.Reports)+1)
	for _, old := range s.now.Reports {
		if old.ID != c.ID && now-old.Last < p.Hours*hourMs {
			all = append(all, old)
		}
	}
	if len(c.By) > 0 {
		all = append(all, c)
	}
	s.now.Reports = all[max(0, len(all)-maxReportCases):]
}
