package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestWhatIsWrongWithABookIsNamed(t *testing.T) {
	rule := func(kind, params string) string {
		return fmt.Sprintf(`{"mode":"live","rules":[{"id":"r","name":"n","kind":%q,"mode":"live","params":%s}]}`, kind, params)
	}
	for _, c := range []struct{ book, want string }{
		{`{`, " not_json"},
		{`[]`, " want_object"},
		{`{}`, "mode required"},
		{`{"mode":"loud"}`, "mode unknown_choice"},
		{`{"mode":"live","colour":1}`, "colour unknown_field"},
		{`{"mode":"live","zone":"Mars/Base"}`, "zone unknown_zone"},
		{`{"mode":"live","memory_days":0}`, "memory_days out_of_range"},
		{`{"mode":"live","memory_days":"30"}`, "memory_days want_number"},
		{`{"mode":"live","night":{"from":"25:00","to":"07:00"}}`, "night.from bad_time"},
		{`{"mode":"live","ladder":[{"actions":["mute"]}]}`, "ladder[0].mute_seconds mute_seconds"},
		{`{"mode":"live","ladder":[{"actions":["hug"]}]}`, "ladder[0].actions[0] unknown_choice"},
		{`{"mode":"live","ladder":[{"actions":[]}]}`, "ladder[0].actions required"},
		{`{"mode":"live","allow":{"phrases":[" "]}}`, "allow.phrases[0] phrase_empty"},
		{`{"mode":"live","rules":[{"id":"A b","name":"n","kind":"link","mode":"live"}]}`, "rules[0].id bad_id"},
		{`{"mode":"live","rules":[{"id":"a","name":"n","kind":"link","mode":"live"},{"id":"a","name":"n","kind":"link","mode":"dry"}]}`, "rules[1].id duplicate"},
		{rule("magic", `{}`), "rules[0].kind unknown_kind"},
		{rule("keyword", `{}`), "rules[0].params.lists required"},
		{rule("keyword", `{"lists":[{"words":["好","a\nb"]}]}`), "rules[0].params.lists[0].words[1] phrase_line"},
		{rule("keyword", `{"lists":[{"words":["好"],"weight":2}]}`), "rules[0].params.lists[0].weight unknown_field"},
		{rule("link", `{"allow":["http://a.b"]}`), "rules[0].params.allow[0] bad_host"},
		{rule("flood", `{"windows":[{"seconds":0,"messages":5}]}`), "rules[0].params.windows[0].seconds out_of_range"},
		{rule("flood", `{"windows":[{"seconds":60}]}`), "rules[0].params.windows[0].messages required"},
		{rule("probation", `{"hours":1}`), "rules[0].params nothing_to_do"},
		{rule("welcome", `{"entries":[{"scene":"qr"}]}`), "rules[0].params.entries[0].text required"},
		{rule("welcome", `{"entries":[{"text":"欢迎","library":"`+community.ID{7}.String()+`"}]}`), "rules[0].params.entries[0].text text_or_item"},
		{rule("welcome", `{"entries":[{"library":"x"}]}`), "rules[0].params.entries[0].library bad_item"},
		{rule("reply", `{"match":"contains","text":"x"}`), "rules[0].params.patterns required"},
		{rule("reply", `{"match":"regexp","text":"x","regexps":["("]}`), "rules[0].params.regexps[0] bad_regexp"},
		{rule("reply", `{"match":"exact","text":"x","patterns":["好"],"hours":{"from":"9","to":"10:00"}}`), "rules[0].params.hours.from bad_time"},
	} {
		_, err := Parse([]byte(c.book))
		var problems Problems
		if community.CodeOf(err) != community.CodeBadInput || !errors.As(err, &problems) {
			t.Errorf("%s: %v, want %s", c.book, err, c.want)
			continue
		}
		var got []string
		for _, p := range problems {
			got = append(got, p.Path+" "+p.Code)
			if w := p.Words(); w[0] == w[1] || strings.ContainsAny(w[0]+w[1], "{}") && p.Code != "not_json" {
				t.Errorf("words of %+v = %q", p, w)
			}
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: problems %q, want %q", c.book, got, c.want)
		}
	}
}

func TestEveryProblemIsReportedAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"mode":"loud","zone":"x","memory_days":-1}`))
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 3 {
		t.Errorf("problems = %v", err)
	}
}

func TestEverySchemaSpeaksBothLanguages(t *testing.T) {
	var walk func(path string, fields []Field)
	walk = func(path string, fields []Field) {
		for _, f := range fields {
			name := path + "." + f.Name
			if f.Title[0] == "" || f.Title[1] == "" || (f.Help[0] == "") != (f.Help[1] == "") {
				t.Errorf("%s: title %q, help %q", name, f.Title, f.Help)
			}
			for _, c := range f.Choices {
				if c.Title[0] == "" || c.Title[1] == "" {
					t.Errorf("%s: choice %q", name, c.Value)
				}
			}
			walk(name, f.Fields)
		}
	}
	walk("book", BookFields())
	for _, k := range Kinds() {
		if k.Title[0] == "" || k.Title[1] == "" || k.Summary[0] == "" || k.Summary[1] == "" || k.Sanction != (k.Reason[0] != "") {
			t.Errorf("kind %s: %+v", k.Name, k)
		}
		walk(k.Name, k.Fields)
	}
}

func TestDiffNamesWhatChanged(t *testing.T) {
	a := live(word("one", "一"), word("two", "二"), word("gone", "三"))
	b := live(with(word("two", "二"), func(r *Rule) { r.Mode = RuleDry }), word("one", "壹"), word("new", "四"))
	b.Mode, b.Version, b.Night.From = community.Observe, 9, "22:00"
	var got []string
	for _, c := range DiffBooks(a, b) {
		got = append(got, c.Rule+":"+c.Field)
	}
	want := []string{":mode", ":night.from", "one:params.lists", "two:mode", "gone:rule", "new:rule", ":order"}
	if !slices.Equal(got, want) {
		t.Errorf("changes = %q, want %q", got, want)
	}
	if got := DiffBooks(a, a); len(got) != 0 {
		t.Errorf("a book differs from itself: %v", got)
	}
}

func TestPublishedBookReadsBackTheSame(t *testing.T) {
	for _, p := range Presets() {
		book := mustDefault(p.Name)
		raw, _ := json.Marshal(book)
		if diff := DiffBooks(book, ready(t, book).Book()); len(diff) != 0 {
			t.Errorf("%s: %+v\n%s", p.Name, diff, raw)
		}
	}
}
