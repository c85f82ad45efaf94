package policy

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// keep is a place for content; trouble is what it answers with instead, while set.
type keep struct {
	content map[string][]byte
	trouble error
	asked   int
}

func (k *keep) get(hash string) ([]byte, error) {
	k.asked++
	if k.trouble != nil {
		return nil, k.trouble
	}
	if raw, ok := k.content[hash]; ok {
		return raw, nil
	}
	return nil, community.Errorf(community.CodeNotFound, "asset %s: not found", hash)
}

func (k *keep) put(raw []byte) string {
	hash := HashOf(raw)
	k.content[hash] = raw
	return hash
}

func newKeep() *keep { return &keep{content: map[string][]byte{}} }

var spamList = []lexicon.Word{
	{Number: 3, Text: "刷单返利", Category: "兼职", Views: lexicon.ViewsAuto},
	{Number: 7, Text: "真人荷官", Category: "赌博", Level: 3, Views: lexicon.ViewsAuto},
	{Number: 9, Text: "限时优惠", Views: lexicon.ViewsAuto, Expires: noon + 60*second},
}

func naming(id, hash string, more ...string) Rule {
	return Rule{ID: id, Name: id, Kind: "keyword", Mode: RuleLive, Params: params(map[string]any{"lists": []wordList{
		{Name: "自家词库", List: "L1", Version: 4, Asset: hash, Words: more},
	}})}
}

func (k *keep) room(t testing.TB, book Book) *room {
	t.Helper()
	rb, err := NewLibrary(k.get).Parse(params(book))
	if err != nil {
		t.Fatal(err)
	}
	return &room{t: t, rb: rb, s: NewState(7), now: noon}
}

func TestHitNamesListVersionAndWord(t *testing.T) {
	k := newKeep()
	book := live(naming("ads", k.put(lexicon.PackList(spamList))))
	book.Allow.Phrases = []string{"举报真人荷官"}
	r := k.room(t, book)
	say := func(text string) *community.Decision {
		return r.one(r.event(community.MessageCreated, 1, community.Body{Text: text, Message: "m"}))
	}
	d := say("刷-单-返-利！真人荷官")
	if d == nil || d.Verdict != community.Hit || d.Rung != 3 {
		t.Fatalf("decision = %+v, want a hit on rung 3, where the word starts", d)
	}
	hit := d.Hits[0]
	want := []community.HitWord{{List: "L1", Version: 4, Word: 3}, {List: "L1", Version: 4, Word: 7}}
	if !slices.Equal(hit.Words, want) || hit.Why != "keyword 兼职" || len(hit.Spans) != 2 {
		t.Errorf("hit = %+v, want words %v of category 兼职", hit, want)
	}
	if d := say("举报真人荷官"); d == nil || d.Verdict != community.Spared {
		t.Errorf("allowed phrase: %+v, want spared", d)
	}
	if d := say("限时优惠"); d == nil || d.Hits[0].Why != "keyword 自家词库" {
		t.Errorf("a word without a category: %+v, want the list's name", d)
	}
	r.now = noon + 60*second
	if d := say("限时优惠"); d != nil {
		t.Errorf("an expired word hit: %+v", d)
	}
}

func TestNamedListDecidesAsItsWordsWould(t *testing.T) {
	k := newKeep()
	var inline []string
	for _, w := range spamList[:2] {
		inline = append(inline, w.Text)
	}
	named := k.room(t, live(naming("ads", k.put(lexicon.PackList(spamList[:2])))))
	own := newRoom(t, live(rule1("keyword", map[string]any{"lists": []wordList{{Name: "兼职", Words: inline}}})))
	for _, text := range []string{"你好", "刷单返利", "刷 单 返 利", "x刷单返利x", "真人荷官刷单返利", ""} {
		a := named.one(named.event(community.MessageCreated, 1, community.Body{Text: text, Message: "m"}))
		b := own.one(own.event(community.MessageCreated, 1, community.Body{Text: text, Message: "m"}))
		if (a == nil) != (b == nil) || a != nil && !slices.Equal(a.Hits[0].Spans, b.Hits[0].Spans) {
			t.Errorf("%q: by name %+v, by words %+v", text, a, b)
		}
	}
}

func TestBooksThatNameTheSameListsShareOneMatcher(t *testing.T) {
	k := newKeep()
	lib := NewLibrary(k.get)
	a, b := k.put(lexicon.PackList(spamList[:1])), k.put(lexicon.PackList(spamList[1:]))
	parse := func(book Book) *Rulebook {
		rb, err := lib.Parse(params(book))
		if err != nil {
			t.Fatal(err)
		}
		return rb
	}
	one := parse(live(naming("x", a), naming("y", b)))
	other := live(naming("y", b), word("own", "自己的词"), naming("x", a))
	other.Group = "别的群"
	two := parse(other)
	if one.listed != two.listed {
		t.Error("two books with the same two lists have a matcher each")
	}
	if three := parse(live(naming("x", a))); three.listed == one.listed || len(three.listed.places) != 1 {
		t.Error("a book with one of the lists has another's matcher")
	}
	if k.asked != 2 {
		t.Errorf("content was read %d times, want once for each list", k.asked)
	}
	off := naming("x", a)
	off.Mode = RuleOff
	if rb := parse(live(off)); rb.listed != nil {
		t.Error("a rule that is off looks for its words")
	}
}

func TestListThatCannotBeUsedIsSaidWithItsPath(t *testing.T) {
	k := newKeep()
	good := k.put(lexicon.PackList(spamList))
	other := k.put([]byte("no list"))
	torn := k.put(lexicon.PackList(spamList))
	k.content[strings.Repeat("a", 64)] = []byte("another's content")
	for _, c := range []struct {
		name string
		rule Rule
		path string
		code string
	}{
		{"unknown", naming("x", strings.Repeat("0", 64)), "rules[0].params.lists[0].asset", "unknown_asset"},
		{"no hash", naming("x", "../../etc/passwd"), "rules[0].params.lists[0].asset", "bad_hash"},
		{"capitals", naming("x", strings.ToUpper(good)), "rules[0].params.lists[0].asset", "bad_hash"},
		{"nul", naming("x", "\x00"+good[1:]), "rules[0].params.lists[0].asset", "bad_hash"},
		{"another kind", naming("x", other), "rules[0].params.lists[0].asset", "bad_asset"},
		{"changed content", naming("x", strings.Repeat("a", 64)), "rules[0].params.lists[0].asset", "bad_asset"},
		{"list and words", naming("x", torn, "词"), "rules[0].params.lists[0].words", "list_or_words"},
		{"neither", naming("x", ""), "rules[0].params.lists[0].words", "required"},
	} {
		_, err := NewLibrary(k.get).Parse(params(live(c.rule)))
		var ps Problems
		if !errors.As(err, &ps) || len(ps) != 1 || ps[0].Path != c.path || ps[0].Code != c.code || ps[0].Words()[0] == ps[0].Path {
			t.Errorf("%s: %v, want %s at %s", c.name, err, c.code, c.path)
		}
	}
	if _, err := Parse(params(live(naming("x", good)))); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("without any content: %v, want bad input", err)
	}
}

func TestTroubleOfTheMomentDecidesNothing(t *testing.T) {
	k := newKeep()
	hash := k.put(lexicon.PackList(spamList))
	keeper := NewDecider(NewLibrary(k.get)).New(7)
	ev := &community.Event{Number: 1, Seq: 1, Group: 7, Type: community.RulebookPublished, At: noon, Body: community.Body{Data: params(live(naming("x", hash)))}}
	k.trouble = errors.New("the disk is away")
	if err := keeper.Ready(ev); !errors.Is(err, k.trouble) {
		t.Fatalf("ready = %v while content cannot be read", err)
	}
	k.trouble = nil
	if err := keeper.Ready(ev); err != nil {
		t.Fatal(err)
	}
	if out := keeper.Step(ev); out != nil || keeper.Rulebook().Version() != 3 {
		t.Errorf("after the trouble: %v, version %d", out, keeper.Rulebook().Version())
	}
	ev.Body.Data = params(live(naming("x", strings.Repeat("0", 64))))
	if err := keeper.Ready(ev); err != nil {
		t.Fatalf("an unknown list is a fault, not a trouble: %v", err)
	}
	out := keeper.Step(ev)
	if len(out) != 1 || out[0].Verdict != community.Faulted || !strings.Contains(out[0].Why, "rules[0].params.lists[0].asset") {
		t.Errorf("decisions = %+v, want a fault that names the field", out)
	}
	if keeper.rb.listed == nil || keeper.rb.listed.matcher.Len() != len(spamList) {
		t.Error("the book before is no longer in force")
	}
	restored, err := NewDecider(NewLibrary(k.get)).Restore(7, keeper.Snapshot())
	if err != nil || restored.Rulebook().listed == nil {
		t.Errorf("restored = %v, %v", restored, err)
	}
	var shot map[string]json.RawMessage
	if err := json.Unmarshal(keeper.Snapshot(), &shot); err != nil || len(shot["book"]) > 4096 {
		t.Errorf("the book in the snapshot has %d bytes, %v", len(shot["book"]), err)
	}
}
