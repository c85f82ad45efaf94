package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"qunluo/internal/community"
)

// memory is a unit over bytes.
func memory(format, name string, text []byte) *Unit {
	f, _ := FormatNamed(format)
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	return &Unit{Name: name, Format: f, Files: []File{{Path: name, Size: int64(len(text)), Open: open}}, scratch: &Set{}}
}

// readAll runs a unit into a sink and gives the report and the new events.
func readAll(t interface{ Fatal(...any) }, u *Unit, opt Options) (UnitReport, []community.Inbound) {
	sink := newKeep()
	rep, err := Run(context.Background(), &Set{Units: []*Unit{u}}, opt, sink, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rep.Units[0], sink.rows
}

var someText = rapid.StringOfN(rapid.RuneFrom([]rune("早安群主加入了邀请\"“”、，()（）\n\t<>&\\/ab\u2028\u202E👨‍👩‍👧é")), 0, 20, -1)

var someWho = rapid.Custom(func(t *rapid.T) community.Who {
	return community.Who{
		ID:        rapid.SampledFrom([]string{"", "wxid_a", "wxid_b", "阿强", "10001"}).Draw(t, "id"),
		Name:      someText.Draw(t, "name"),
		Card:      someText.Draw(t, "card"),
		Role:      rapid.SampledFrom([]community.Role{"", community.RoleAdmin, community.RoleBot}).Draw(t, "role"),
		Certainty: rapid.SampledFrom([]community.Certainty{"", community.NameOnly, community.Inferred}).Draw(t, "certainty"),
	}
})

var someType = rapid.SampledFrom([]community.Type{
	community.MessageCreated, community.MessageCreated, community.MessageCreated, community.MessageEdited, community.MessageDeleted,
	community.MemberJoined, community.MemberLeft, community.MemberUpdated, community.MemberMuted, community.MemberInvited,
	community.JoinRequested, community.JoinHandled, community.GroupUpdated, community.RosterRead, community.SystemText})

func someEvent(group community.Ref) *rapid.Generator[community.Inbound] {
	return rapid.Custom(func(t *rapid.T) community.Inbound {
		in := community.Inbound{Type: someType.Draw(t, "type"), Group: group, Actor: someWho.Draw(t, "actor")}
		in.OccurredAt = rapid.Int64Range(1_600_000_000, 1_600_000_100).Draw(t, "s")*1000 + rapid.SampledFrom([]int64{0, 0, 1, 999}).Draw(t, "ms")
		b := &in.Body
		b.Text = someText.Draw(t, "text")
		b.Name, b.Card = in.Actor.Name, in.Actor.Card
		b.Class = rapid.SampledFrom([]community.Class{0, 0, 0, 1, 25, 27, 80, 81, 99, 6}).Draw(t, "class")
		if rapid.Bool().Draw(t, "native") {
			b.Message = rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "message")
			in.Key = group.ID + ":" + b.Message
		} else {
			in.Key = "h:" + rapid.StringMatching(`[a-z]{6}`).Draw(t, "key")
		}
		if rapid.Bool().Draw(t, "rich") {
			in.By, in.Subject = someWho.Draw(t, "by"), someWho.Draw(t, "subject")
			b.ReplyTo, b.Scene, b.Reason, b.Source = "m1", "qr", "kicked", MarkMinute
			b.Seconds, b.Low = 60, 12
			b.Segments = []community.Segment{{Kind: "at", Text: "阿敏", Ref: "wxid_a"}, {Kind: "unknown", Raw: json.RawMessage(`{"k":1}`)}}
			b.Data = json.RawMessage(`{"field":"name","new":"新"}`)
		}
		return in
	})
}

func export(t interface{ Fatal(...any) }, format string, head ExportHead, evs []community.Inbound) []byte {
	var out bytes.Buffer
	w, err := NewWriter(&out, format, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range evs {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestExportThenImportGivesEqualEvents(t *testing.T) {
	group := community.Ref{ID: "45678@chatroom", Name: "晨读一群"}
	rapid.Check(t, func(t *rapid.T) {
		evs := rapid.SliceOfN(someEvent(group), 0, 12).Draw(t, "events")
		seen := map[string]bool{} // the store holds a key once per type
		kept := evs[:0]
		for _, ev := range evs {
			if k := string(ev.Type) + ev.Key; !seen[k] {
				seen[k] = true
				kept = append(kept, ev)
			}
		}
		head := ExportHead{Generator: "qunluo 测试", ExportedAt: 1_700_000_000_000, Group: group, Platform: "wechat", Members: []community.Who{{ID: "wxid_a", Name: "阿敏", Role: community.RoleOwner}}}
		for _, format := range []string{"chatlab-jsonl", "chatlab-json"} {
			text := export(t, format, head, kept)
			rep, got := readAll(t, memory(format, "x", text), Options{})
			if rep.Bad != 0 || rep.Error != "" {
				t.Fatalf("%s: %d bad %+v %s\n%s", format, rep.Bad, rep.BadRows, rep.Error, text)
			}
			if d := cmp.Diff(append([]community.Inbound(nil), kept...), got); d != "" {
				t.Fatalf("%s: events differ (-exported +imported):\n%s\n%s", format, d, text)
			}
			head2 := head
			head2.ExportedAt += 5000
			again := bytes.Replace(export(t, format, head2, kept), []byte(`"exportedAt":1700000005`), []byte(`"exportedAt":1700000000`), 1)
			if !bytes.Equal(text, again) {
				t.Fatalf("%s: exporting twice differs beyond exportedAt", format)
			}
			if _, sure, _ := sniffAll(text[:min(len(text), SniffLen)], "x"); sure < 90 {
				t.Fatalf("%s: sniffed with %d", format, sure)
			}
		}
	})
}

func TestOwnInnerKindsAreNeitherExportedNorImported(t *testing.T) {
	w, err := NewWriter(io.Discard, "chatlab-jsonl", ExportHead{Group: community.Ref{ID: "g"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(community.Inbound{Type: community.RulebookPublished, OccurredAt: earliest}); community.CodeOf(err) != community.CodeUnsupported {
		t.Errorf("writing a rulebook: %v", err)
	}
	text := `{"_type":"message","sender":"a","timestamp":1700000000,"type":80,"content":"x","x_qunluo":{"type":"rulebook.published","body":{}}}`
	rep, got := readAll(t, memory("chatlab-jsonl", "x", []byte(text)), Options{})
	if rep.Bad != 1 || len(got) != 0 {
		t.Errorf("a rulebook in a file: %d bad, %d events; want 1 bad", rep.Bad, len(got))
	}
}

func TestChatLabDocumentReadsKeysInAnyOrder(t *testing.T) {
	avatar := `"data:image/png;base64,` + strings.Repeat("A", 3<<20) + `"`
	text := "\xEF\xBB\xBF" + `{"messages":[
{"timestamp":1767229200,"content":"早","type":0,"accountName":"阿敏","sender":"wxid_a"},
{"sender":"x","timestamp":1767229201,"type":80,"content":"\"阿敏\"邀请\"李雷、韩梅梅、\"加入了群聊"},
{"sender":"wxid_a","accountName":"阿敏","timestamp":1767229202,"type":0,"content":"坏\ud800的"},
{"sender":"wxid_a","accountName":"阿敏","timestamp":1767229203,"type":6,"content":{"a":[]}},
5
],"members":[{"avatar":` + avatar + `,"platformId":"wxid_a","accountName":"阿敏"},{"platformId":"wxid_l","accountName":"李雷"},{"platformId":"wxid_h","accountName":"韩梅梅、"}],
"meta":{"groupAvatar":` + avatar + `,"type":"group","platform":"wechat","name":"群","groupId":"1@chatroom"},"chatlab":{"version":"0.0.2","exportedAt":1767300000}}`
	rep, got := readAll(t, memory("chatlab-json", "x", []byte(text)), Options{})
	if rep.Error != "" || rep.Rows != 8 || rep.Bad != 2 || rep.Events["member.joined"] != 2 || rep.Events["member.updated"] != 3 {
		t.Fatalf("report = %+v", rep)
	}
	var joined []community.Who
	for _, ev := range got {
		if ev.Type == community.MemberJoined {
			joined = append(joined, ev.Actor)
		}
	}
	want := []community.Who{{ID: "wxid_l", Name: "李雷"}, {ID: "wxid_h", Name: "韩梅梅、"}}
	if d := cmp.Diff(want, joined); d != "" {
		t.Errorf("joined (-want +got):\n%s", d)
	}
	if rep.Fixes["invalid_replaced"] != 1 {
		t.Errorf("fixes = %v, want one replaced surrogate", rep.Fixes)
	}
}

func TestHalfADocumentKeepsWhatWasWhole(t *testing.T) {
	text := `{"chatlab":{"version":"0.0.2"},"meta":{"name":"群","platform":"qq","type":"group","groupId":"9"},"members":[],"messages":[
{"sender":"1","accountName":"a","timestamp":1767229200,"type":0,"content":"一"},
{"sender":"1","accountName":"a","timestamp":1767229201,"type":0,"content":"二`
	rep, got := readAll(t, memory("chatlab-json", "x", []byte(text)), Options{})
	if len(got) != 1 || rep.Error == "" || len(rep.Reserved) == 0 {
		t.Errorf("%d events, error %q, reservations %v; want 1 event and a reservation", len(got), rep.Error, rep.Reserved)
	}
}

func TestPrivateChatsAreImportedOnlyOnRequest(t *testing.T) {
	text := []byte(`{"_type":"header","chatlab":{"version":"0.0.2"},"meta":{"name":"阿敏","platform":"qq","type":"private"}}
{"_type":"message","sender":"1","accountName":"a","timestamp":1767229200,"type":0,"content":"悄悄话"}
`)
	if rep, got := readAll(t, memory("chatlab-jsonl", "x", text), Options{}); len(got) != 0 || rep.Skips["private"] != 1 {
		t.Errorf("%d events, skips %v", len(got), rep.Skips)
	}
	if _, got := readAll(t, memory("chatlab-jsonl", "x", text), Options{Private: true}); len(got) != 1 || !got[0].Private {
		t.Errorf("on request: %+v", got)
	}
}

func BenchmarkImportChatLabLines(b *testing.B) {
	head, _, _ := strings.Cut(smallLab, "\n")
	text := []byte(head + "\n")
	for i := range 100_000 {
		text = fmt.Appendf(text, `{"_type":"message","platformMessageId":"%d","sender":"wxid_%d","accountName":"成员%d","timestamp":%d,"type":0,"content":"周五的直播改到晚上八点，讲义我先放在群文件里。"}`+"\n", i, i%300, i%300, 1767229200+i)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Run(b.Context(), &Set{Units: []*Unit{memory("chatlab-jsonl", "x", text)}}, Options{}, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// agree: whatever the fast scan accepts, encoding/json reads the same.
func agree(t *testing.T, line []byte) {
	var fast, slow labObject
	var in names
	if !fast.fast(line, &in) {
		return
	}
	if err := slow.slow(line); err != nil {
		t.Fatalf("fast accepts what encoding/json refuses: %q: %v", line, err)
	}
	if d := cmp.Diff(slow, fast); d != "" {
		t.Fatalf("%q (-encoding/json +fast):\n%s", line, d)
	}
}

func FuzzFastScanAgreesWithEncodingJSON(f *testing.F) {
	for _, line := range strings.Split(smallLab, "\n") {
		f.Add([]byte(line))
	}
	for _, s := range []string{`{}`, `{ "type" : -0 , "sender":"\u00e9\ud83d\ude00\n" }`, `{"type":01}`, `{"sender":"a","sender":null}`, `{"timestamp":123456789012345678901}`,
		`{"x":truefalse}`, `{"content":"\ud800"}`, "{\"content\":\"\xff\"}", `{"a":1,}`, `{"type":"1"}`, `{"type":1.0}`, `{"content":"a\u0000"}`, `{"type":-}`, `{"_type":"message"}x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(agree)
}

func FuzzChatLabLines(f *testing.F) {
	f.Add([]byte(smallLab))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "chatlab-jsonl", "x.jsonl", text) })
}

func FuzzChatLabDocument(f *testing.F) {
	f.Add([]byte(`{"chatlab":{"version":"0.0.2","exportedAt":1},"meta":{"name":"a","platform":"wechat","type":"group"},"members":[{"platformId":"a"}],"messages":[{"sender":"a","timestamp":1767229200,"type":80,"content":"\"a\"邀请\"b\"加入了群聊"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) { survives(t, "chatlab-json", "x.json", text) })
}

// survives: any bytes end in a report that adds up, twice the same.
func survives(t *testing.T, format, name string, text []byte) {
	u := memory(format, name, text)
	opt := Options{Private: true}
	sink := newKeep()
	for round := range 2 {
		rep, err := Run(context.Background(), &Set{Units: []*Unit{u}}, opt, sink, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkSums(t, &rep)
		if round == 1 && rep.Added != 0 {
			t.Fatalf("second import of %q added %d", text, rep.Added)
		}
		if _, err := json.Marshal(rep); err != nil {
			t.Fatal(err)
		}
	}
	for _, ev := range sink.rows {
		if len(ev.Body.Text) > community.MaxText || ev.OccurredAt < earliest || ev.Key == "" {
			t.Fatalf("event %+v", ev)
		}
	}
	u.Format.Sniff(text[:min(len(text), SniffLen)], name)
}

func TestALineCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	line := []byte(`{"_type":"message","platformMessageId":"7301928374650","sender":"wxid_9f3k2","accountName":"小林","groupNickname":"小林_产品","timestamp":1767229200,"type":0,"content":"周五的直播改到晚上八点，讲义我先放在群文件里，大家有空看一眼第三章的例题。"}` + "\n")
	head, _, _ := strings.Cut(smallLab, "\n")
	best := time.Hour
	for range 3 {
		text := append([]byte(head+"\n"), bytes.Repeat(line, 20_000)...)
		start := time.Now()
		var facts Facts
		n := 0
		err := readChatlabLines(memory("chatlab-jsonl", "x", text), Options{}, &facts, func(r *Row) error { n += len(r.Events); return nil })
		if err != nil || n != 20_000 {
			t.Fatal(n, err)
		}
		best = min(best, time.Since(start)/20_000)
	}
	t.Logf("%v a line", best)
	if best > 12*time.Microsecond { // three times the promise of 4 µs: the machine may be busy
		t.Errorf("a line costs %v, want about 4 µs", best)
	}
}

// spaces is a reader of endless rows: nothing the size of the file may be held.
type repeated struct {
	unit []byte
	left int
	pos  int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.unit[r.pos:])
	if r.pos += n; r.pos == len(r.unit) {
		r.pos = 0
		r.left--
	}
	return n, nil
}

func (r *repeated) Close() error { return nil }

func goldenPath(name string) string { return filepath.Join("testdata", name) }

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	p := goldenPath(name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(p, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}
