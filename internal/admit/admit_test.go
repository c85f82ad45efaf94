package admit

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

const (
	hour = int64(60 * 60 * 1000)
	now  = int64(1_800_000_000_000)
)

func id(n byte) community.ID { return community.ID{15: n} }

func entry(n byte, g community.GroupKey) Entry {
	return Entry{ID: id(n), Group: g, Link: "https://example.org/" + string('a'+rune(n)), Expires: now + 72*hour, Created: now - int64(n)}
}

func TestPickTakesTheFirstThatFits(t *testing.T) {
	full := entry(1, 1)
	expired := entry(2, 2)
	expired.Expires = now
	nearly := entry(3, 3)
	nearly.Most, nearly.Scans = 100, 90
	spent := entry(4, 3)
	spent.Most, spent.Scans = 100, 100
	bare := Entry{ID: id(5), Group: 5}
	gone := entry(6, 5)
	gone.Removed = now - hour
	good := entry(7, 7)
	good.Most, good.Scans = 100, 89
	sizes := Sizes{1: {Members: 500, Limit: 500}, 7: {Members: 499, Limit: 500}}
	for name, c := range map[string]struct {
		entries []Entry
		want    byte
		why     string
		passed  []string
	}{
		"in order":             {[]Entry{full, expired, nearly, spent, bare, gone, good}, 7, "", []string{IsFull, Expired, Scanned, UsedUp, Bare, Removed}},
		"the first at once":    {[]Entry{good, full}, 7, "", nil},
		"nine tenths at last":  {[]Entry{full, nearly, expired}, 3, Scanned, []string{IsFull}},
		"nothing":              {[]Entry{full, expired, spent, bare, gone}, 0, "", []string{IsFull, Expired, UsedUp, Bare, Removed}},
		"no entry at all":      {nil, 0, "", nil},
		"a size nobody knows":  {[]Entry{entry(8, 99)}, 8, "", nil},
		"no end and no bounds": {[]Entry{{ID: id(9), Group: 99, Picture: "aa"}}, 9, "", nil},
	} {
		got := Pick(Code{Entries: c.entries}, sizes, now)
		var passed []string
		for _, p := range got.Passed {
			passed = append(passed, p.Why)
		}
		if got.Found != (c.want != 0) || got.Found && got.Entry.ID != id(c.want) || got.Why != c.why || !slices.Equal(passed, c.passed) {
			t.Errorf("%s: picked %s (%v) why %q past %v, want %d why %q past %v", name, got.Entry.ID, got.Found, got.Why, passed, c.want, c.why, c.passed)
		}
	}
}

func TestWarningsComeADayBeforeTheEnd(t *testing.T) {
	one := func(change func(*Entry)) []Entry { e := entry(1, 1); change(&e); return []Entry{e} }
	ends := func(left int64) func(*Entry) { return func(e *Entry) { e.Expires = now + left } }
	next := entry(2, 1)
	other := entry(3, 2)
	for name, c := range map[string]struct {
		entries []Entry
		members int
		want    string
	}{
		"three days left":            {one(ends(72 * hour)), 10, ""},
		"26 hours left":              {one(ends(26 * hour)), 10, ""},
		"24 hours left":              {one(ends(24 * hour)), 10, Expires},
		"89 of 100 scans":            {one(func(e *Entry) { e.Most, e.Scans = 100, 89 }), 10, ""},
		"90 of 100 scans":            {one(func(e *Entry) { e.Most, e.Scans = 100, 90 }), 10, Scanned},
		"89 of 100 members":          {one(ends(72 * hour)), 89, ""},
		"90 of 100 members":          {one(ends(72 * hour)), 90, Filling},
		"the last one is over":       {one(ends(-hour)), 10, Nothing},
		"the group is full":          {one(ends(72 * hour)), 100, Nothing},
		"the next is there":          {append(one(ends(hour)), next), 10, ""},
		"the next ends too":          {append(one(ends(hour)), one(ends(2*hour))...), 10, Expires},
		"another group is no help":   {append(one(ends(hour)), other), 10, Expires},
		"another group takes over":   {append(one(ends(72*hour)), other), 95, ""},
		"over, but another one runs": {append(one(ends(-hour)), other), 10, Expired},
	} {
		got := Warnings(Code{Entries: c.entries}, Sizes{1: {Members: c.members, Limit: 100}, 2: {Members: 1, Limit: 100}}, now)
		why := ""
		if len(got) > 0 {
			why = got[0].Why
		}
		if why != c.want {
			t.Errorf("%s: warned of %q, want %q", name, why, c.want)
		}
	}
	if got := Warnings(Code{Closed: now, Entries: one(ends(-hour))}, nil, now); got != nil {
		t.Errorf("a closed code warns: %v", got)
	}
}

func TestCodeFollowsToTheNextGroup(t *testing.T) {
	sizes := Sizes{1: {Members: 480, Limit: 500}, 2: {Members: 3, Limit: 500}, 3: {Members: 490, Limit: 500}, 4: {Members: 480, Limit: 500, Opens: true}}
	alone, pair, crowded := Code{Entries: []Entry{entry(1, 1)}}, Code{Entries: []Entry{entry(1, 1), entry(2, 2)}}, Code{Entries: []Entry{entry(1, 1), entry(2, 3)}}
	overflow := Code{Overflow: true, Entries: []Entry{entry(1, 1), entry(2, 4)}}
	for name, c := range map[string]struct {
		code  Code
		group community.GroupKey
		want  bool
	}{"alone": {alone, 1, false}, "with room behind": {pair, 1, true}, "the next is full too": {crowded, 1, false}, "the platform opens it": {overflow, 4, true}, "ticked where the platform opens none": {overflow, 1, false}, "not in the code": {pair, 9, false}} {
		if got := Follows(c.code, c.group, sizes, now); got != c.want {
			t.Errorf("%s: follows = %v, want %v", name, got, c.want)
		}
	}
}

func TestBadCodesNameTheField(t *testing.T) {
	good := Code{Kind: Channel, Name: "公众号菜单", State: "gzh-菜单_1", Tags: []string{"公众号"}, Welcome: "欢迎 {{name}}"}
	if err := good.Check(); err != nil {
		t.Fatalf("a good code: %v", err)
	}
	for field, spoil := range map[string]func(*Code){
		"kind":    func(c *Code) { c.Kind = "poster" },
		"name":    func(c *Code) { c.Name = "" },
		"line":    func(c *Code) { c.Line = strings.Repeat("好", MaxLine+1) },
		"state":   func(c *Code) { c.State = strings.Repeat("a", MaxState+1) },
		"state:":  func(c *Code) { c.State = "a b\u202e" },
		"state: ": func(c *Code) { c.State = "" },
		"welcome": func(c *Code) { c.Welcome = strings.Repeat("啊", 10_000) },
		"tags":    func(c *Code) { c.Tags = make([]string, MaxTags+1) },
		"tags:":   func(c *Code) { c.Tags = []string{"a\x00"} },
		"name:":   func(c *Code) { c.Name = "\xff" },
	} {
		c := good
		spoil(&c)
		if err := c.Check(); community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), strings.TrimRight(field, ": ")) {
			t.Errorf("%s: %v, want bad input that names it", field, err)
		}
	}
}

func TestBadEntriesNameTheField(t *testing.T) {
	for field, e := range map[string]Entry{
		"group": {Link: "https://a.example"}, "expires": {Group: 1, Expires: now - 1}, "most": {Group: 1, Most: -1},
		"link": {Group: 1, Link: "javascript:alert(1)"}, "link:": {Group: 1, Link: "https:///x"}, "link: ": {Group: 1, Link: "https://a\nb"},
		"link:  ": {Group: 1, Link: "https://" + strings.Repeat("a", 2000)},
	} {
		if err := e.Check(now); community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), strings.TrimRight(field, ": ")) {
			t.Errorf("%s: %v, want bad input that names it", field, err)
		}
	}
	if err := entry(1, 1).Check(now); err != nil {
		t.Errorf("a good entry: %v", err)
	}
}

func TestPeopleStayWhereTheySpeak(t *testing.T) {
	places := []Place{{Group: 3, JoinedAt: 30, Messages: 2, LastWord: 100}, {Group: 1, JoinedAt: 10, Messages: 0}, {Group: 2, JoinedAt: 20, Messages: 9, LastWord: 50}, {Group: 4, JoinedAt: 5}}
	places = Settle(places)
	var got []community.GroupKey
	for _, p := range places {
		got = append(got, p.Group)
	}
	if want := []community.GroupKey{2, 3, 4, 1}; !slices.Equal(got, want) {
		t.Errorf("order = %v, want %v", got, want)
	}
}

func TestGreetingNamesThePerson(t *testing.T) {
	if got := (Code{Welcome: "{{name}} 你好，先看群公告"}).Greeting("老周"); got != "老周 你好，先看群公告" {
		t.Errorf("greeting = %q", got)
	}
}

func TestOurAddressesBecomeThePersonsOwn(t *testing.T) {
	own := func(slug string) string {
		if slug == "abc1" {
			return "https://q.example/l/abc1/tok"
		}
		return ""
	}
	for text, want := range map[string]string{
		"看 https://q.example/l/abc1":                        "看 https://q.example/l/abc1/tok",
		"https://q.example/l/abc1，https://q.example/l/abc1": "https://q.example/l/abc1/tok，https://q.example/l/abc1/tok",
		"https://q.example/l/none 和 https://q.example/l/":   "https://q.example/l/none 和 https://q.example/l/",
		"https://q.example/l/abc1/other":                    "https://q.example/l/abc1/other",
		"https://other.example/l/abc1":                      "https://other.example/l/abc1",
		"":                                                  "",
	} {
		if got := Mine(text, "https://q.example", own); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := Mine("https://q.example/l/abc1", "", own); got != "https://q.example/l/abc1" {
		t.Errorf("without a public address: %q", got)
	}
}
