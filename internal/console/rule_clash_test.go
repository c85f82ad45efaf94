package console

import (
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// A rule that contradicts another is shown with the reason on the book's page.
func TestBookPageSaysWhatContradictsItself(t *testing.T) {
	h := furnished()
	book, err := policy.Default(policy.PresetGeneral)
	if err != nil {
		t.Fatal(err)
	}
	book.Rules = append(book.Rules, policy.Rule{ID: "how", Name: "怎么买", Kind: "reply", Mode: policy.RuleLive,
		Params: json.RawMessage(`{"match":"contains","patterns":["刷单返利怎么做"],"text":"<b>别信</b>"}`)})
	h.groups[0].Book, h.keep = 0, true
	h.books = []community.BookRow{{Group: 1, State: "draft", At: fakeNow.UnixMilli(), Body: writeDoc(book)}}
	d := h.fullDeps()
	d.Books = handShelf{bookroom{h}}
	v := openWith(t, d).as("owner")
	at := "/rules/" + fakeID(20).String()
	_, page := v.get(at)
	for _, want := range []string{"请再看一眼", "怎么买 / 广告引流", "要成员发“刷单返利怎么做”才会回复"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	book.Rules = book.Rules[:len(book.Rules)-1]
	h.books[0].Body = writeDoc(book)
	if _, page := v.get(at); strings.Contains(page, "请再看一眼") {
		t.Error("a book without contradictions is blamed")
	}
}
