package policy

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qunluo/internal/community"
)

// TestWhoOnlyQuotesOrForwardsIsNeverStruck: for random histories, in which others say what is forbidden, a member who only
// quotes or forwards it gets no strike, and nothing is done to them.
func TestWhoOnlyQuotesOrForwardsIsNeverStruck(t *testing.T) {
	bad := []string{"团购一折加微信", "看 https://spam.example/x", "日入过千", "加V：abc12345", "团购 https://spam.example/y 日入过千"}
	rapid.Check(t, func(t *rapid.T) {
		links := Rule{ID: "links", Name: "links", Kind: "link", Mode: RuleLive, Params: params(map[string]any{})}
		fresh := Rule{ID: "new", Name: "new", Kind: "probation", Mode: RuleLive, Params: params(probation{Hours: 48, NoLinks: true, NoContact: true, Words: []string{"团购"}})}
		book := live(word("ads", "团购"), with(word("scam", "日入过千"), func(r *Rule) { r.StartRung = 3 }), links, fresh)
		r := &room{rb: readyFor(book), s: NewState(7), now: noon}
		const honest = community.MemberKey(9)
		Step(r.rb, r.s, r.event(community.MemberJoined, honest, community.Body{Name: "老实人"}))
		struck := 0
		for range rapid.IntRange(5, 40).Draw(t, "events") {
			r.now += int64(rapid.IntRange(1, 7200).Draw(t, "gap")) * second
			text := rapid.SampledFrom(bad).Draw(t, "words")
			body := community.Body{Text: text, Message: "m", Name: "甲"}
			who := community.MemberKey(rapid.IntRange(1, 3).Draw(t, "who"))
			switch rapid.SampledFrom([]string{"say", "forward", "quote", "answer", "desktop", "report"}).Draw(t, "how") {
			case "forward":
				who, body.Class = honest, community.Forward
			case "quote": // the platform embeds the message answered
				who, body.Class, body.Text = honest, community.Reply, "「"+text+"」我觉得这是骗人的"
				body.Segments = []community.Segment{{Kind: "quote", Text: text, Ref: "m1"}}
			case "answer": // the platform names it
				who, body.Class, body.Text, body.ReplyTo = honest, community.Reply, "大家别信", "m1"
				body.Segments = []community.Segment{{Kind: "quote", Text: text, Ref: "m1"}}
			case "report": // and reports it
				who, body.Class, body.ReplyTo, body.Text = honest, community.Reply, "m1", "「"+text+"」举报"
				body.Segments = []community.Segment{{Kind: "quote", Text: text, Ref: "m1"}}
			case "desktop":
				who, body.Class, body.ReplyTo, body.Text = honest, community.Reply, "m1", "「甲："+text+"」\n- - - - - - - -\n别信"
			}
			for _, d := range Step(r.rb, r.s, r.event(community.MessageCreated, who, body)) {
				if who != honest {
					struck += len(d.Strikes)
					continue
				}
				if len(d.Strikes) > 0 || len(d.Actions) > 0 || d.Verdict == community.Hit {
					t.Fatalf("%q (%v): %+v", body.Text, body.Class, d)
				}
			}
		}
		if struck == 0 {
			t.Skip("nobody said anything bad")
		}
	})
}

// readyFor is ready where no test is at hand.
func readyFor(book Book) *Rulebook {
	rb, err := Parse(params(book))
	if err != nil {
		panic(err)
	}
	return rb
}

// TestTheShapeOfAQuotationSavesNobody: own words count, beside a quotation, in its shape, or the same as what is answered.
func TestTheShapeOfAQuotationSavesNobody(t *testing.T) {
	r := newRoom(t, live(word("ads", "团购")))
	for name, body := range map[string]community.Body{
		"typed":  {Text: "「甲：团购」\n- - - - - -\n来", Message: "m"},
		"beside": {Text: "「甲：团购」\n- - - - - -\n一起团购", Message: "m", ReplyTo: "m1", Class: community.Reply},
		"same":   {Text: "团购", Message: "m", Class: community.Reply, Segments: []community.Segment{{Kind: "quote", Text: "团购"}}},
		"after":  {Text: "来 「团购」", Message: "m", Class: community.Reply, Segments: []community.Segment{{Kind: "quote", Text: "团购"}}},
		"many":   {Text: "「" + strings.Repeat("团购。", 20) + "」来团购", Message: "m", Class: community.Reply, Segments: []community.Segment{{Kind: "quote", Text: strings.Repeat("团购。", 20)}}},
		"empty":  {Text: "团购", Message: "m", Class: community.Reply, Segments: []community.Segment{{Kind: "quote"}}},
	} {
		r.now += hour
		if d := r.one(r.event(community.MessageCreated, 1, body)); d == nil || len(d.Strikes) != 1 {
			t.Errorf("%s: %s, want a strike", name, gist(d))
		}
	}
	forward := r.one(r.event(community.MessageCreated, 2, community.Body{Text: "群聊记录：团购", Class: community.Forward, Message: "m"}))
	if forward == nil || forward.Verdict != community.Spared || forward.Hits[0].Why[:14] != "allowed quoted" {
		t.Errorf("a forward = %+v, want it recorded and spared", forward)
	}
}
