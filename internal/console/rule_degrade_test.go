package console

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// handShelf is a bookroom that knows that nobody can mute or recall.
type handShelf struct{ bookroom }

func (s handShelf) Check(ctx context.Context, g community.GroupKey, book json.RawMessage) []Fault {
	out := s.bookroom.Check(ctx, g, book)
	for act, verb := range map[string]string{`"mute"`: "member.mute", `"recall"`: "message.recall"} {
		if strings.Contains(string(book), act) {
			out = append(out, Fault{Path: "ladder[1].actions", Code: "cannot " + verb, Text: [2]string{"这个群做不到 " + verb, "cannot " + verb}})
		}
	}
	return out
}

// TestEditorOffersWhatCanBeDoneInstead: where nobody can mute or recall, the draft's page and the book's form name what is
// done in place of it, and one click puts that into the draft, which is then sound.
func TestEditorOffersWhatCanBeDoneInstead(t *testing.T) {
	h := furnished()
	h.groups[0].Accounts, h.groups[0].Platform = nil, "wechat"
	book, err := policy.Default(policy.PresetGeneral)
	if err != nil {
		t.Fatal(err)
	}
	h.groups[0].Book, h.keep = 0, true
	h.books = []community.BookRow{{Group: 1, State: "draft", At: fakeNow.UnixMilli(), Body: writeDoc(book)}}
	d := h.fullDeps()
	d.Books = handShelf{bookroom{h}}
	v := openWith(t, d).as("owner")
	at := "/rules/" + fakeID(20).String()
	_, page := v.get(at)
	for _, want := range []string{"这个群做不到的，可以改成", "第 1 次：撤回 → 警告", "第 2 次：禁言 → 警告", "就按这个改"} {
		if !strings.Contains(page, want) {
			t.Errorf("the draft's page does not say %q", want)
		}
	}
	if _, form := v.get(at + "/book"); !strings.Contains(form, "就按这个改") {
		t.Error("the book's form offers nothing")
	}
	if status, page := v.post(at+"/degrade", "stamp", v.stamp(at)); status != 200 || strings.Contains(page, "这个群做不到") {
		t.Errorf("taken = %d, and the draft is still at fault", status)
	}
	raw := string(h.books[0].Body)
	if strings.Contains(raw, `"mute"`) || strings.Contains(raw, `"recall"`) || !strings.Contains(raw, `"remove"`) {
		t.Errorf("the draft says %s", raw)
	}
}
