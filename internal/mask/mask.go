package mask

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Kind is what a placeholder stands for.
type Kind string

// Kinds of placeholders.
const (
	Member  Kind = "member"  // a person's name
	Group   Kind = "group"   // a group's name
	Account Kind = "account" // an id on a platform
	Phone   Kind = "phone"
	Mail    Kind = "mail"
	Card    Kind = "card"   // of identity, by its check digit
	Bank    Kind = "bank"   // of a bank, by its check digit
	Number  Kind = "number" // five digits and more in a row
	Code    Kind = "code"   // letters with digits: invitations, keys, order numbers
	Link    Kind = "link"
	Sign    Kind = "sign" // a bracket of placeholders that stood in the text
)

// Kinds lists them all.
var Kinds = []Kind{Member, Group, Account, Phone, Mail, Card, Bank, Number, Code, Link, Sign}

// words are how placeholders are written; the later ones where somebody is called like the first.
var words = map[Kind][]string{
	Member: {"成员", "某人", "甲方"}, Group: {"群", "社群", "圈"}, Account: {"账号", "帐户", "户"}, Phone: {"电话", "话机", "话"}, Mail: {"邮箱", "邮址", "邮"},
	Card: {"证件", "证照", "证"}, Bank: {"卡号", "银卡", "卡"}, Number: {"号码", "数字", "数"}, Code: {"代码", "串码", "串"}, Link: {"链接", "网址", "链"}, Sign: {"符号", "括号", "符"},
}

// open and end stand around a placeholder. They are in no script that people write in.
const (
	open = "⟦"
	end  = "⟧"
)

// Known is somebody or something that the house knows by name.
type Known struct {
	Kind  Kind // Member or Group
	Key   int64
	Names []string
	IDs   []string // on platforms
}

// Bounds.
const (
	maxName  = 64 // runes of a name; what is longer is found by its beginning
	maxOwner = 2  // people who share a part of a name: one that more have is a word, such as a city
	minRun   = 5  // digits in a row
	minCode  = 6  // characters of a token of letters and digits
	minPlain = 20 // characters of one without digits
	labels   = 5000
)

// Cloak hides texts of one request. It is used by one goroutine at a time.
type Cloak struct {
	names  map[[2]rune][]name // by their first two runes, the longest first
	single map[rune]owner

	label map[string]string // what is hidden (kind and text, or whose name) → placeholder
	shown map[string]string // placeholder → what it stands for
	kinds map[string]Kind   // placeholder → kind
	forms map[string]int    // placeholder of a person → how many ways of writing were met
	next  map[Kind]int
	spent bool // no placeholder was left that holds nobody's name
}

type owner struct {
	kind Kind
	key  int64
}

type name struct {
	runes []rune
	owner owner
}

// New makes a cloak that hides who is known, and what looks like something to be hidden.
func New(known []Known) *Cloak {
	c := &Cloak{names: map[[2]rune][]name{}, single: map[rune]owner{}, label: map[string]string{}, shown: map[string]string{}, kinds: map[string]Kind{}, forms: map[string]int{}, next: map[Kind]int{}}
	whole := map[string]bool{}
	parts := map[string][]owner{}
	for _, k := range known {
		o := owner{k.Kind, k.Key}
		for _, n := range k.Names {
			n = strings.NewReplacer(open, " ", end, " ").Replace(n) // they are hidden by themselves wherever they stand
			for _, form := range []string{n, strings.Join(strings.Fields(n), " "), strings.Join(strings.Fields(n), "")} {
				c.add(folded(form), o, whole)
			}
			for _, p := range partsOf(n) {
				if f := string(folded(p)); k.Kind == Member && !slices.Contains(parts[f], o) {
					parts[f] = append(parts[f], o)
				}
			}
		}
		for _, id := range k.IDs {
			c.add(folded(id), owner{Account, 0}, whole)
		}
	}
	order := make([]string, 0, len(parts))
	for p, who := range parts {
		if len(who) <= maxOwner {
			order = append(order, p)
		}
	}
	slices.Sort(order)
	for _, p := range order {
		c.add([]rune(p), parts[p][0], whole)
	}
	for _, list := range c.names {
		slices.SortStableFunc(list, func(a, b name) int { return cmp.Compare(len(b.runes), len(a.runes)) })
	}
	return c
}

func (c *Cloak) add(runes []rune, o owner, had map[string]bool) {
	if len(runes) > maxName {
		runes = runes[:maxName]
	}
	key := string(runes)
	if len(runes) == 0 || had[key] {
		return
	}
	had[key] = true
	if len(runes) == 1 {
		if o.kind != Account {
			c.single[runes[0]] = o
		}
		return
	}
	at := [2]rune{runes[0], runes[1]}
	c.names[at] = append(c.names[at], name{runes, o})
}

// partsOf are the parts of a name that tell who it is by themselves: 张三 of 张三（产品部）.
func partsOf(n string) (out []string) {
	for _, p := range strings.FieldsFunc(n, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }) {
		han := strings.ContainsFunc(p, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if size := utf8.RuneCountInString(p); p != n && (han && size >= 2 || size >= 3) {
			out = append(out, p)
		}
	}
	return out
}

// unseen are characters that are not seen: names are compared without them.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me, unicode.Cc) && r != '\n' && r != '\t'
}

func folded(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range strings.TrimSpace(s) {
		if !unseen(r) {
			out = append(out, lexicon.Fold(r))
		}
	}
	return out
}

// found is a stretch of a text that is to be hidden.
type found struct {
	community.Span
	owner owner
}

// flat is a text as it is compared, with where each rune of it stands.
type flat struct {
	runes []rune
	at    []int // byte of each rune, and the end of the text behind the last one's
	to    []int
}

func flatten(text string) flat {
	f := flat{runes: make([]rune, 0, len(text)), at: make([]int, 0, len(text)), to: make([]int, 0, len(text))}
	for i, r := range text {
		_, n := utf8.DecodeRuneInString(text[i:])
		if unseen(r) {
			continue
		}
		f.runes, f.at, f.to = append(f.runes, lexicon.Fold(r)), append(f.at, i), append(f.to, i+n)
	}
	return f
}

func (f flat) span(from, to int) community.Span {
	return community.Span{Start: f.at[from], End: f.to[to-1]}
}

// Hide gives a text with placeholders. [Cloak.Show] gives back exactly what it was made of.
func (c *Cloak) Hide(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	var b strings.Builder
	c.hide(&b, text)
	return b.String()
}

// hide looks at what is left between placeholders again: by itself it may look like something, as a single letter that now stands alone does.
func (c *Cloak) hide(b *strings.Builder, text string) {
	list := c.find(text)
	if len(list) == 0 {
		b.WriteString(text)
		return
	}
	from := 0
	for _, f := range list {
		c.hide(b, text[from:f.Start])
		b.WriteString(c.placeholder(f.owner, text[f.Start:f.End]))
		from = f.End
	}
	c.hide(b, text[from:])
}

// find gives what is to be hidden, in order and apart: what overlaps is hidden as one.
func (c *Cloak) find(text string) []found {
	f := flatten(text)
	list := c.people(f)
	list = append(list, looks(text, f)...)
	slices.SortStableFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	var out []found
	for _, one := range list {
		last := len(out) - 1
		if last < 0 || one.Start >= out[last].End {
			out = append(out, one)
			continue
		}
		if one.End > out[last].End { // neither is the other's part: together they are nobody's name
			out[last].End = one.End
			out[last].owner.key = 0
		}
	}
	return out
}

// people finds names, the longest at each place, and goes on within them: what begins inside another is hidden too.
func (c *Cloak) people(f flat) (out []found) {
	for i, r := range f.runes {
		if o, ok := c.single[r]; ok && alone(f, i) {
			out = append(out, found{f.span(i, i+1), o})
		}
		if i+1 == len(f.runes) {
			break
		}
		for _, n := range c.names[[2]rune{r, f.runes[i+1]}] {
			if len(f.runes)-i >= len(n.runes) && slices.Equal(n.runes, f.runes[i:i+len(n.runes)]) {
				out = append(out, found{f.span(i, i+len(n.runes)), n.owner})
				break
			}
		}
	}
	return out
}

// alone reports whether a single character stands by itself: behind "@", or as a word. A picture always does.
func alone(f flat, i int) bool {
	if i > 0 && f.runes[i-1] == '@' {
		return true
	}
	r := f.runes[i]
	if !wordly(r) {
		return !unicode.In(r, unicode.P, unicode.Z, unicode.Cc) && r > unicode.MaxASCII
	}
	return (i == 0 || !wordly(f.runes[i-1])) && (i+1 == len(f.runes) || !wordly(f.runes[i+1]))
}

func wordly(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// placeholder gives what stands for a text: the same for the same person written the same way, and for the same text otherwise.
func (c *Cloak) placeholder(o owner, text string) string {
	key := string(o.kind) + "\x00" + text
	if p, ok := c.label[key]; ok && (o.kind != Member || o.key == 0) {
		return p
	}
	if o.kind != Member || o.key == 0 {
		p := c.fresh(o.kind)
		c.label[key] = p
		return c.keep(p, o.kind, text)
	}
	who := "\x00" + strconv.FormatInt(o.key, 10)
	if p, ok := c.label[who+key]; ok {
		return p
	}
	base, ok := c.label[who]
	if !ok {
		base = c.fresh(Member)
		c.label[who] = base
	}
	p := base
	if c.forms[base]++; c.forms[base] > 1 { // 成员A, and written another way 成员A2
		if p = strings.TrimSuffix(base, end) + strconv.Itoa(c.forms[base]) + end; c.named(p) || c.shown[p] != "" {
			p = c.fresh(Member)
		}
	}
	c.label[who+key] = p
	return c.keep(p, Member, text)
}

func (c *Cloak) keep(p string, kind Kind, text string) string {
	c.shown[p], c.kinds[p] = text, kind
	return p
}

// Name gives the placeholder of a member whom the cloak knows, shown by a name.
func (c *Cloak) Name(key int64, shown string) string {
	if key == 0 || strings.TrimSpace(shown) == "" {
		return c.placeholder(owner{Member, 0}, cmp.Or(strings.TrimSpace(shown), "?"))
	}
	return c.placeholder(owner{Member, key}, shown)
}

// fresh makes a placeholder in which nobody's name stands.
func (c *Cloak) fresh(kind Kind) string {
	for _, w := range words[kind] {
		for range labels {
			c.next[kind]++
			p := open + w + ordinal(kind, c.next[kind]) + end
			if !c.named(p) && c.shown[p] == "" {
				return p
			}
			if c.named(open + w) { // no number helps
				break
			}
		}
	}
	c.spent = true
	return open + "#" + end
}

// ordinal counts people by letters (A … Z, AA …), all else by numbers.
func ordinal(kind Kind, n int) string {
	if kind != Member {
		return strconv.Itoa(n)
	}
	var b []byte
	for ; n > 0; n = (n - 1) / 26 {
		b = append(b, byte('A'+(n-1)%26))
	}
	slices.Reverse(b)
	return string(b)
}

// named reports whether a name of two and more characters stands in a text.
func (c *Cloak) named(text string) bool {
	f := flatten(text)
	for i := 0; i+1 < len(f.runes); i++ {
		for _, n := range c.names[[2]rune{f.runes[i], f.runes[i+1]}] {
			if len(f.runes)-i >= len(n.runes) && slices.Equal(n.runes, f.runes[i:i+len(n.runes)]) {
				return true
			}
		}
	}
	return false
}

// Check looks at a masked text once more, by itself: community.CodeRefused, with what kind of thing is left, when something to be hidden still stands in it.
// Nothing is sent then.
func (c *Cloak) Check(masked string) error {
	if c.spent {
		return community.Errorf(community.CodeRefused, "mask: no placeholder is left in which nobody's name stands")
	}
	if c.named(masked) {
		return community.Errorf(community.CodeRefused, "mask: a name is left")
	}
	for part := range outside(masked) {
		if list := c.find(part); len(list) > 0 {
			return community.Errorf(community.CodeRefused, "mask: a %s is left", list[0].owner.kind)
		}
	}
	return nil
}

// outside gives what of a text stands between placeholders.
func outside(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for text != "" {
			head, rest, ok := strings.Cut(text, open)
			if head != "" && !yield(head) {
				return
			}
			if !ok {
				return
			}
			_, tail, closed := strings.Cut(rest, end)
			if !closed {
				yield(open + rest)
				return
			}
			text = tail
		}
	}
}

// Show puts what was hidden back. left are the placeholders that this cloak never gave: somebody made them up.
func (c *Cloak) Show(text string) (shown string, left []string) {
	var b strings.Builder
	for text != "" {
		head, rest, ok := strings.Cut(text, open)
		b.WriteString(head)
		if !ok {
			break
		}
		inner, tail, closed := strings.Cut(rest, end)
		if !closed {
			b.WriteString(open + rest)
			break
		}
		p := open + inner + end
		if original, known := c.shown[p]; known {
			b.WriteString(original)
		} else {
			left = append(left, p)
		}
		text = tail
	}
	return b.String(), left
}

// Held lists the placeholders in a text with their kinds, "" = this cloak never gave it.
func (c *Cloak) Held(text string) (list []Held) {
	for {
		_, rest, ok := strings.Cut(text, open)
		if !ok {
			return list
		}
		inner, tail, closed := strings.Cut(rest, end)
		if !closed {
			return append(list, Held{Text: open})
		}
		p := open + inner + end
		list = append(list, Held{p, c.kinds[p]})
		text = tail
	}
}

// Held is a placeholder in a text.
type Held struct {
	Text string
	Kind Kind
}

// Bare gives a text without its placeholders: a blank for each.
func Bare(text string) string {
	var b strings.Builder
	for part := range outside(text) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(part)
	}
	return b.String()
}

// Counts says how many things of each kind were hidden so far.
func (c *Cloak) Counts() map[Kind]int {
	out := map[Kind]int{}
	for _, k := range c.kinds {
		out[k]++
	}
	return out
}

// Found lists what kinds of things stand openly in a text, between its placeholders. Names of one and two characters are left out: too many are words (加油),
// and whoever was not told a name says no secret by such a word.
func (c *Cloak) Found(text string) (kinds []Kind) {
	for part := range outside(text) {
		for _, f := range c.find(part) {
			if named := f.owner.kind == Member || f.owner.kind == Group; !named || len(folded(part[f.Start:f.End])) > 2 {
				kinds = append(kinds, f.owner.kind)
			}
		}
	}
	return kinds
}
