package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/community"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestADayInAGroup pins what a day's decisions look like in store, byte for byte: a change of this file is a change of
// what replays must equal.
func TestADayInAGroup(t *testing.T) {
	book := mustDefault(PresetCommercial)
	book.Mode, book.Version, book.Group = community.Live, 4, "跑团"
	book.Staff = []community.MemberKey{90}
	r := &room{t: t, now: noon}
	k := NewDecider(NewLibrary(nil)).New(7)
	var got bytes.Buffer
	var last community.Decision
	step := func(typ community.Type, who community.MemberKey, body community.Body) {
		r.now += 10 * second
		for _, d := range k.Step(r.event(typ, who, body)) {
			got.Write(Canonical(d))
			got.WriteByte('\n')
			last = d
		}
	}
	say := func(who community.MemberKey, text string) {
		step(community.MessageCreated, who, community.Body{Text: text, Message: "msg-1", Name: "小李", Role: community.RoleMember})
	}
	step(community.RulebookPublished, 0, community.Body{Data: params(book)})
	step(community.MemberJoined, 1, community.Body{Name: "小王", Scene: "invite"})
	step(community.TimerFired, 0, community.Body{Message: last.Wakes[0].Key})
	say(1, "我的微信号：wang_2023")
	say(2, "群规")
	say(2, "兼职刷单，日入过千，看 http://a.example.com")
	say(2, "手机兼职日结 手机兼职日结")
	step(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "false_hit", User: "u1", Decision: last.ID, Reason: "在举例"})})
	say(90, "大家别信“兼职刷单”")
	for range 4 {
		say(3, "出闲置")
	}
	wake := last.Wakes[0]
	r.now = wake.At
	step(community.TimerFired, 0, community.Body{Message: wake.Key})
	got.Write(indented(t, k.Snapshot()))

	path := filepath.Join("testdata", "day.golden")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("decisions differ from %s (see with -update and git diff):\n%s", path, got.String())
	}
}

func indented(t *testing.T, raw []byte) []byte {
	var shot snapshot
	if err := json.Unmarshal(raw, &shot); err != nil {
		t.Fatal(err)
	}
	shot.Book = nil // the preset has tests of its own
	out, err := json.MarshalIndent(shot, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func FuzzParse(f *testing.F) {
	for _, p := range Presets() {
		raw, err := json.Marshal(mustDefault(p.Name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`{"mode":"live","ladder":[],"immune":[],"rules":[{"id":"a","name":"a","kind":"reply","mode":"live","params":{"match":"regexp","regexps":["a|"],"text":"x"}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rb, err := Parse(raw)
		if err != nil {
			if c := community.CodeOf(err); c != community.CodeBadInput && c != community.CodeTooLarge {
				t.Fatalf("code %s: %v", c, err)
			}
			return
		}
		for _, d := range Test(rb, Probe{Text: "加微信 a.com 13800138000 群规 兼职刷单", JoinedMs: 1000, At: noon, Repeat: 7}).Decisions {
			if d.Verdict == community.Faulted {
				t.Fatalf("%s: %s", raw, d.Why)
			}
		}
	})
}
