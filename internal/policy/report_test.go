package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

func reportsRule(change map[string]any) Rule {
	p := map[string]any{"need": 3, "days": 3, "limit": 5, "rejected": 2}
	for k, v := range change {
		p[k] = v
	}
	return Rule{ID: "report", Name: "举报", Kind: "report", Mode: RuleLive, Params: params(p)}
}

// reports lets a member report a message of somebody.
func (r *room) reports(who, whom community.MemberKey, message int64, change func(*community.ReportData)) *community.Decision {
	r.now += second
	data := community.ReportData{Way: community.ReportByChat, Kind: community.ReportMessage, Event: message, Message: fmt.Sprint("m", message), Answer: "a", Verified: true}
	if change != nil {
		change(&data)
	}
	ev := r.event(community.MemberReported, who, community.Body{Data: params(data)})
	ev.Subject = whom
	return r.one(ev)
}

// oldMembers lets members join, each an hour after the other, a month ago.
func (r *room) oldMembers(keys ...community.MemberKey) {
	for i, k := range keys {
		r.now = noon - 30*24*hour + int64(i)*hour
		Step(r.rb, r.s, r.event(community.MemberJoined, k, community.Body{Name: fmt.Sprint("老", k), Scene: "qr"}))
	}
	r.now = noon
}

func TestEnoughReportersOfStandingAskPeople(t *testing.T) {
	r := newRoom(t, live(reportsRule(map[string]any{"recall": true})))
	r.oldMembers(1, 2, 3, 4, 9)
	for i, who := range []community.MemberKey{1, 2} {
		d := r.reports(who, 9, 500, nil)
		if d.Verdict != community.Served || d.Report.Total != (i+1)*100 || d.Report.Raised {
			t.Errorf("report %d = %+v %+v", i+1, d, d.Report)
		}
		if len(d.Actions) != 1 || d.Actions[0].Verb != community.Send || d.Actions[0].ReplyTo != "a" || d.Actions[0].Target != who {
			t.Errorf("feedback = %+v", d.Actions)
		}
	}
	if d := r.reports(1, 9, 500, nil); d.Report.Why != community.ReportAgain || d.Report.Total != 200 {
		t.Errorf("the same again = %+v", d.Report)
	}
	d := r.reports(3, 9, 500, nil)
	if d.Verdict != community.Hit || !d.Report.Raised || d.Member != 9 || d.About() != 500 || len(d.Strikes) != 0 {
		t.Fatalf("third = %+v", d)
	}
	if d.Actions[0].Verb != community.RecallMsg || d.Actions[0].Message != "m500" || d.Actions[0].Hold != "" {
		t.Errorf("recall pending review = %+v", d.Actions)
	}
	if d := r.reports(4, 9, 500, nil); d.Report.Raised || d.Verdict != community.Served {
		t.Errorf("raised twice: %+v", d)
	}
}

func TestReportsThatDoNotCount(t *testing.T) {
	for want, c := range map[string]struct {
		who, whom community.MemberKey
		change    func(*community.ReportData)
	}{
		community.ReportSelf:       {9, 9, nil},
		community.ReportNew:        {20, 9, nil},
		community.ReportNotMember:  {77, 9, nil},
		community.ReportUnverified: {1, 9, func(d *community.ReportData) { d.Verified = false }},
		community.ReportSamePerson: {2, 9, func(d *community.ReportData) { d.Person = 5 }},
		community.ReportProbation:  {21, 9, nil},
	} {
		r := newRoom(t, live(reportsRule(nil), Rule{ID: "new", Name: "new", Kind: "probation", Mode: RuleLive, Params: params(probation{Hours: 1, Messages: 3, NoLinks: true})}))
		r.oldMembers(1, 2, 9, 21)
		for _, k := range []community.MemberKey{1, 2, 9} {
			for range 3 {
				Step(r.rb, r.s, r.event(community.MessageCreated, k, community.Body{Text: "大家好", Message: "x"}))
				r.now += hour
			}
		}
		Step(r.rb, r.s, r.event(community.MemberJoined, 20, community.Body{Name: "新人"}))
		if want == community.ReportSamePerson {
			r.reports(1, 9, 1, func(d *community.ReportData) { d.Person = 5 })
		}
		d := r.reports(c.who, c.whom, 1, c.change)
		if d.Report.Why != want || d.Report.Weight != 0 {
			t.Errorf("%s: %+v", want, d.Report)
		}
	}
}

func TestReportBombingIsShownAndNotActedOn(t *testing.T) {
	r := newRoom(t, live(reportsRule(map[string]any{"recall": true})))
	for i := range 8 {
		r.now = noon - 30*24*hour + int64(i)*second
		Step(r.rb, r.s, r.event(community.MemberJoined, community.MemberKey(10+i), community.Body{Name: differentNames[i], Scene: "qr"}))
	}
	r.oldMembers(9, 8)
	var raised []*community.Decision
	for i := range 8 {
		if d := r.reports(community.MemberKey(10+i), 9, 500, nil); d.Report.Raised {
			raised = append(raised, d)
		}
	}
	if len(raised) != 1 || !slices.Equal(raised[0].Report.Flags, []string{community.ReportJoinedTogether}) || raised[0].Report.Total != 100 {
		t.Fatalf("raised = %+v", raised)
	}
	for _, a := range raised[0].Actions {
		if a.Verb == community.RecallMsg {
			t.Errorf("a recall on arranged reports: %+v", a)
		}
	}
}

func TestTheSamePeopleOnSeveralLooksArranged(t *testing.T) {
	r := newRoom(t, live(reportsRule(nil)))
	r.oldMembers(1, 2, 3, 8, 9)
	for _, who := range []community.MemberKey{1, 2, 3} {
		r.reports(who, 8, 400, nil)
	}
	var last *community.Decision
	for _, who := range []community.MemberKey{1, 2, 3} {
		last = r.reports(who, 9, 500, nil)
	}
	if !last.Report.Raised || last.Report.Total != 100 || !slices.Equal(last.Report.Flags, []string{community.ReportSeveralTogether}) {
		t.Errorf("second target = %+v", last.Report)
	}
}

func TestReporterIsLimitedPerDayAndTold(t *testing.T) {
	r := newRoom(t, live(reportsRule(map[string]any{"limit": 2})))
	r.oldMembers(1, 9)
	for i := range 2 {
		if d := r.reports(1, 9, int64(i+1), nil); d.Report.Weight != 100 {
			t.Errorf("report %d = %+v", i, d.Report)
		}
	}
	if d := r.reports(1, 9, 3, nil); d.Report.Why != community.ReportLimit || len(d.Actions) != 1 {
		t.Errorf("third = %+v %+v, want it told", d.Report, d.Actions)
	}
	if d := r.reports(1, 9, 4, nil); d.Report.Why != community.ReportLimit || len(d.Actions) != 0 {
		t.Errorf("fourth = %+v %+v, want silence", d.Report, d.Actions)
	}
	r.now += 24 * hour
	if d := r.reports(1, 9, 5, nil); d.Report.Weight != 100 {
		t.Errorf("next day = %+v", d.Report)
	}
}

// settle is a person's word about a case.
func (r *room) settle(c community.ID, upheld bool, who ...community.MemberKey) *community.Decision {
	v := &community.ReportVerdict{Case: c, Upheld: upheld}
	for _, k := range who {
		v.Reporters = append(v.Reporters, community.ReporterOf{Member: k, Way: community.ReportByChat, Answer: "a", Weight: 100})
	}
	return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "report", User: "lin", Report: v})}))
}

func TestReporterWhoWasWrongWeighsLessAndIsTold(t *testing.T) {
	r := newRoom(t, live(reportsRule(nil)))
	r.oldMembers(1, 9)
	for i := range 2 {
		d := r.reports(1, 9, int64(i+1), nil)
		said := r.settle(d.Report.Case, false, 1)
		if len(said.Actions) != 1 || said.Actions[0].Verb != community.Send || said.Actions[0].Target != 1 {
			t.Fatalf("told = %+v", said.Actions)
		}
	}
	d := r.reports(1, 9, 3, nil)
	if d.Report.Weight != lowWeight || d.Report.Why != community.ReportWeighedDown {
		t.Errorf("weight = %+v", d.Report)
	}
	if got := d.Actions[0].Text; got == defaultReport().Received {
		t.Errorf("not told that it weighs less: %q", got)
	}
	for i := range 3 {
		r.settle(r.reports(1, 9, int64(10+i), nil).Report.Case, true, 1)
	}
	if d := r.reports(1, 9, 30, nil); d.Report.Why == community.ReportWeighedDown {
		t.Errorf("more often right than wrong: %+v", d.Report)
	}
}

func TestReportsAboutNothingDoNotAddUp(t *testing.T) {
	r := newRoom(t, live(reportsRule(nil)))
	r.oldMembers(1, 2)
	a, b := r.reports(1, 0, 0, nil), r.reports(2, 0, 0, nil)
	if a.Report.Case == b.Report.Case || b.Report.Total != 100 {
		t.Errorf("two reports of nobody = %+v and %+v", a.Report, b.Report)
	}
}

func TestKeywordMakesAnAnswerAReport(t *testing.T) {
	k := NewDecider(NewLibrary(nil)).New(7)
	book := live(reportsRule(nil))
	rb := readyFor(book)
	k.rb = rb
	for name, c := range map[string]struct {
		body community.Body
		want bool
	}{
		"answer":         {community.Body{Text: "举报", ReplyTo: "m1"}, true},
		"with words":     {community.Body{Text: "举报：发广告", ReplyTo: "m1"}, true},
		"English":        {community.Body{Text: "Report, spam", ReplyTo: "m1"}, true},
		"quotation":      {community.Body{Text: "「甲：加微信」\n- - - - - -\n举报", ReplyTo: "m1"}, true},
		"embedded":       {community.Body{Text: "「加微信」 举报", Segments: []community.Segment{{Kind: "quote", Text: "加微信", Ref: "m1"}}}, true},
		"mention":        {community.Body{Text: "@甲 举报", Segments: []community.Segment{{Kind: "at", Text: "甲", Ref: "u1"}}}, true},
		"to nobody":      {community.Body{Text: "举报"}, false},
		"another word":   {community.Body{Text: "举报人是谁", ReplyTo: "m1"}, false},
		"in the middle":  {community.Body{Text: "我要举报", ReplyTo: "m1"}, false},
		"only quoted":    {community.Body{Text: "「举报」好的", Segments: []community.Segment{{Kind: "quote", Text: "举报", Ref: "m1"}}}, false},
		"hostile name":   {community.Body{Text: "@\u202e举报 你好", Segments: []community.Segment{{Kind: "at", Text: "\u202e举报", Ref: "u1"}}}, false},
		"nothing at all": {community.Body{ReplyTo: "m1"}, false},
	} {
		r := &room{now: noon}
		if got := k.Reports(r.event(community.MessageCreated, 3, c.body)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if NewDecider(NewLibrary(nil)).New(7).Reports((&room{now: noon}).event(community.MessageCreated, 3, community.Body{Text: "举报", ReplyTo: "m1"})) {
		t.Error("a group whose book has no such rule takes reports by chat")
	}
}

// TestReportsAloneNeverPunish: whatever is reported by whomever, nobody gets a strike, is muted or removed, and the reported one
// is told nothing: no name of a reporter reaches anybody.
func TestReportsAloneNeverPunish(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &room{rb: readyFor(live(reportsRule(map[string]any{"recall": rapid.Bool().Draw(t, "recall"), "need": 2}), word("ads", "团购"))), s: NewState(7), now: noon}
		r.oldMembers(1, 2, 3, 4, 5)
		var cases []community.ID
		for range rapid.IntRange(1, 40).Draw(t, "events") {
			r.now += int64(rapid.IntRange(1, 7200).Draw(t, "gap")) * second
			who, whom := community.MemberKey(rapid.IntRange(0, 6).Draw(t, "who")), community.MemberKey(rapid.IntRange(0, 6).Draw(t, "whom"))
			data := community.ReportData{Way: rapid.SampledFrom([]community.ReportWay{"chat", "page", "operator"}).Draw(t, "way"), Kind: rapid.SampledFrom([]community.ReportKind{"message", "private"}).Draw(t, "kind"),
				Event: int64(rapid.IntRange(0, 3).Draw(t, "message")), Message: "m", Verified: rapid.Bool().Draw(t, "verified")}
			ev := r.event(community.MemberReported, who, community.Body{Data: params(data), Text: "团购"})
			ev.Subject = whom
			list := Step(r.rb, r.s, ev)
			if len(cases) > 0 && rapid.IntRange(0, 4).Draw(t, "settle") == 0 {
				v := &community.ReportVerdict{Case: cases[0], Upheld: rapid.Bool().Draw(t, "upheld"), Reporters: []community.ReporterOf{{Member: who, Way: data.Way}}}
				list = append(list, Step(r.rb, r.s, r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "report", User: "lin", Report: v})}))...)
			}
			for _, d := range list {
				if d.Report != nil {
					cases = append(cases, d.Report.Case)
				}
				if len(d.Strikes) > 0 || d.Verdict == community.Faulted {
					t.Fatalf("%+v", d)
				}
				for _, a := range d.Actions {
					if a.Verb != community.RecallMsg && a.Target != who || a.Verb == community.Mute || a.Verb == community.Remove {
						t.Fatalf("action %+v", a)
					}
				}
			}
		}
	})
}

func TestReportsAreReplayedAlike(t *testing.T) {
	play := func() []byte {
		r := newRoom(t, live(reportsRule(nil)))
		r.oldMembers(1, 2, 3, 9)
		var out []*community.Decision
		for _, who := range []community.MemberKey{1, 2, 3} {
			out = append(out, r.reports(who, 9, 500, nil))
		}
		raw, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	if a, b := play(), play(); string(a) != string(b) {
		t.Errorf("%s\n%s", a, b)
	}
}

func TestReportThatIsNoneIsAFault(t *testing.T) {
	r := newRoom(t, live(reportsRule(nil)))
	if d := r.one(r.event(community.MemberReported, 1, community.Body{Data: []byte(`"x"`)})); d == nil || d.Verdict != community.Faulted {
		t.Errorf("decision = %+v", d)
	}
}
