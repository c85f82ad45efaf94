package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Bounds of a book.
const (
	MaxBook    = 4 << 20 // bytes of JSON
	MaxRules   = 500
	MaxPhrases = 200_000
	maxRungs   = 10
	maxMute    = 30 * daySeconds
)

// Rulebook is a book made ready. It is never changed; many groups and goroutines may share one.
type Rulebook struct {
	book     Book
	loc      *time.Location
	night    window
	memory   int64 // ms
	rules    []*rule
	always   []*rule // judged on every message
	phrased  []*rule // judged when phrases were found
	noters   []*rule
	joins    []*rule
	raids    []*rule
	reports  *rule // the first rule that weighs members' reports; nil = none
	asks     *rule // the one rule that asks for agreement to the rules; nil = none
	matcher  *lexicon.Matcher
	owners   []owner   // by phrase number of matcher
	listed   *listed   // the lists that rules name by hash; nil = none
	named    [][]owner // by list of listed: whose it is
	staff    map[community.MemberKey]bool
	allowed  map[community.MemberKey]bool
	slots    []*rule              // flood rules, by slot
	copying  []*rule              // rules about copies; the first one keeps the memory
	acrosses []*rule              // rules about copies across groups
	mirrors  []community.GroupKey // what the book copies into
	hosts    []string

	opinions []*rule // about public opinion; the first one keeps the memory

	pictures bool // somebody wants to know what stands in pictures
}

// owner says whose a phrase is.
type owner struct {
	rule int32 // index into the book's rules; ownerAllow = the allow list
	list int32 // the rule's own number for it
}

const ownerAllow = -1

// Book is the book as it was written.
func (rb *Rulebook) Book() Book { return rb.book }

// Version is the book's version.
func (rb *Rulebook) Version() int { return rb.book.Version }

// Parse checks a book and makes it ready. Its error has community.CodeBadInput and holds [Problems], one for each thing
// that is wrong, with the field's path.
//
// A book that names content by its hash needs a [Library] that has it.
func Parse(raw []byte) (*Rulebook, error) { return parse(raw, alone()) }

// Sound says everything that is wrong with a book where the content that it names is not at hand: that is taken on trust.
func Sound(raw []byte) (Book, error) {
	rb, err := parse(raw, trusting())
	if err != nil {
		return Book{}, err
	}
	return rb.book, nil
}

// Read reads a book that was checked before, with what holds where it says nothing.
func Read(raw []byte) (Book, error) {
	book := blank()
	if err := json.Unmarshal(raw, &book); err != nil {
		return Book{}, community.Errorf(community.CodeBadInput, "rulebook: %w", err)
	}
	if book.Ladder == nil {
		book.Ladder = DefaultLadder()
	}
	return book, nil
}

func parse(raw []byte, with tools) (*Rulebook, error) {
	if len(raw) > MaxBook {
		return nil, community.Errorf(community.CodeTooLarge, "rulebook: %d bytes, at most %d", len(raw), MaxBook)
	}
	c := &checker{}
	if !json.Valid(raw) {
		var any json.RawMessage
		c.add("", "not_json", fmt.Sprint(json.Unmarshal(raw, &any)))
	} else if !c.object("", raw, BookFields()) {
		c.add("", "want_object")
	}
	if len(c.problems) > 0 {
		return nil, badBook(c.problems)
	}
	book := blank()
	if err := json.Unmarshal(raw, &book); err != nil {
		c.add("", "not_json", err.Error())
		return nil, badBook(c.problems)
	}
	return build(book, c, with)
}

func badBook(problems Problems) error {
	return community.Errorf(community.CodeBadInput, "rulebook: %w", problems)
}

// builder puts a Rulebook together.
type builder struct {
	*checker
	rb      *Rulebook
	kinds   []kind
	phrases []lexicon.Phrase
	lists   []namedList

	expressions int // of all rules that are on

	tools tools

	patterns int   // of all rules
	trouble  error // content could not be read now: the book is neither good nor bad
}

func build(book Book, c *checker, with tools) (*Rulebook, error) {
	if book.Ladder == nil {
		book.Ladder = DefaultLadder()
	}
	if book.Immune == nil {
		book.Immune = DefaultImmune()
	}
	b := &builder{checker: c, kinds: kinds(), tools: with, rb: &Rulebook{book: book, memory: int64(book.MemoryDays) * daySeconds * 1000}}
	b.head()
	for i := range book.Rules {
		b.rule(i)
	}
	b.charter()
	if b.trouble != nil {
		return nil, b.trouble
	}
	if b.expressions > maxRegexps {
		b.add("rules", "too_many_regexps", strconv.Itoa(maxRegexps))
	}
	if len(b.phrases)+b.listedWords() > MaxPhrases {
		b.add("rules", "too_many", strconv.Itoa(MaxPhrases))
	}
	if len(b.problems) > 0 {
		return nil, badBook(b.problems)
	}
	b.rb.mirrors = b.rb.MirrorTargets()
	err := b.gather()
	if err == nil {
		b.rb.matcher, err = with.compile(b.phrases)
	}
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "rulebook: %w", err)
	}
	return b.rb, nil
}

func (b *builder) head() {
	rb := b.rb
	var err error
	if rb.loc, err = time.LoadLocation(rb.book.Zone); err != nil {
		b.add("zone", "unknown_zone", rb.book.Zone)
	}
	rb.night = b.window("night", rb.book.Night)
	rb.staff, rb.allowed = set(rb.book.Staff), set(rb.book.Allow.Members)
	rb.hosts = foldHosts(rb.book.Allow.Hosts)
	rb.pictures = rb.book.ReadPictures
	b.rungs("ladder", rb.book.Ladder)
	for i, text := range rb.book.Allow.Phrases {
		b.phrase(ownerAllow, i, text, 0)
	}
}

func (b *builder) rule(i int) {
	spec := b.rb.book.Rules[i]
	path := at("rules", i)
	for k, other := range b.rb.book.Rules[:i] {
		if other.ID == spec.ID {
			b.add(path+".id", "duplicate", at("rules", k)+".id")
		}
	}
	b.rungs(path+".ladder", spec.Ladder)
	k := slices.IndexFunc(b.kinds, func(k kind) bool { return k.schema.Name == spec.Kind })
	if k < 0 {
		b.add(path+".kind", "unknown_kind", spec.Kind)
		return
	}
	params := spec.Params
	if params == nil {
		params = json.RawMessage("{}")
	}
	before := len(b.problems)
	b.object(path+".params", params, b.kinds[k].schema.Fields)
	if len(b.problems) > before {
		return
	}
	r := b.ready(i, spec, b.kinds[k].schema)
	b.kinds[k].build(b, path+".params", r, params)
	if spec.Mode != RuleOff {
		b.rb.rules = append(b.rb.rules, r)
		b.enlist(r)
	}
}

func (b *builder) ready(i int, spec Rule, schema Schema) *rule {
	r := &rule{Rule: spec, index: i, sanction: schema.Sanction, ladder: spec.Ladder, reason: spec.Reason}
	r.dry, r.article = spec.Mode == RuleDry || b.rb.book.Mode != community.Live, b.rb.article(spec.ID)
	if r.reason == "" {
		r.reason = schema.Reason[0]
	}
	if r.StartRung == 0 {
		r.StartRung = 1
	}
	if r.ladder == nil {
		r.ladder = b.rb.book.Ladder
		if r.Remind {
			r.ladder = []Rung{{Actions: []string{ActWarn}}}
		}
	}
	return r
}

// enlist puts a rule into the lists that Step goes through.
func (b *builder) enlist(r *rule) {
	rb := b.rb
	if f, ok := r.does.(*flood); ok {
		r.slot = len(rb.slots)
		rb.slots = append(rb.slots, r)
		f.bound()
	}
	if c, ok := r.does.(*nearCopies); ok {
		c.keeps = !rb.looksForCopies()
		rb.copying = append(rb.copying, r)
	}
	if _, ok := r.does.(*across); ok {
		rb.acrosses = append(rb.acrosses, r)
	}
	if o, ok := r.does.(*opinion); ok {
		o.keeps = len(rb.opinions) == 0
		rb.opinions = append(rb.opinions, r)
	}
	if p, ok := r.does.(interface{ seesPictures() bool }); ok && p.seesPictures() {
		rb.pictures = true
	}
	if _, ok := r.does.(noter); ok {
		rb.noters = append(rb.noters, r)
	}
	if _, ok := r.does.(*raid); ok {
		rb.raids = append(rb.raids, r)
	}
	if _, ok := r.does.(*report); ok && rb.reports == nil {
		rb.reports = r
	}
	if _, ok := r.does.(greeter); ok {
		rb.joins = append(rb.joins, r)
	}
	if _, ok := r.does.(judge); !ok {
		return
	}
	if p, ok := r.does.(interface{ onlyPhrases() bool }); ok && p.onlyPhrases() {
		rb.phrased = append(rb.phrased, r)
		return
	}
	rb.always = append(rb.always, r)
}

// phrase hands a phrase to the common matcher. Fields have checked that it can be one.
func (b *builder) phrase(rule, list int, text string, views lexicon.View) {
	b.phrases = append(b.phrases, lexicon.Phrase{Text: text, Views: views})
	b.rb.owners = append(b.rb.owners, owner{int32(rule), int32(list)})
}

func (b *builder) rungs(path string, ladder []Rung) {
	for i, r := range ladder {
		if slices.Contains(r.Actions, ActMute) && r.MuteSeconds == 0 {
			b.add(at(path, i)+".mute_seconds", "mute_seconds")
		}
	}
}

// window is a part of the day in minutes; from == to is never.
type window struct{ from, to int }

func (w window) holds(minute int) bool {
	if w.from <= w.to {
		return w.from <= minute && minute < w.to
	}
	return minute >= w.from || minute < w.to
}

func (b *builder) window(path string, h Hours) window {
	var w window
	var ok bool
	if h == (Hours{}) {
		return w
	}
	if w.from, ok = minuteOf(h.From); !ok {
		b.add(path+".from", "bad_time")
	}
	if w.to, ok = minuteOf(h.To); !ok {
		b.add(path+".to", "bad_time")
	}
	return w
}

// looksForCopies reports whether a rule needs the group's echoes.
func (rb *Rulebook) looksForCopies() bool { return len(rb.copying) > 0 }

func set(keys []community.MemberKey) map[community.MemberKey]bool {
	out := make(map[community.MemberKey]bool, len(keys))
	for _, k := range keys {
		out[k] = true
	}
	return out
}

// AsLive is the same book with the group switched on; rules in dry run stay dry. Test box and replay use it to show
// what a book would do.
func (rb *Rulebook) AsLive() *Rulebook {
	if rb.book.Mode == community.Live {
		return rb
	}
	live := rb.relive(func(r *rule) bool { return r.Mode == RuleDry })
	live.book.Mode = community.Live
	return live
}

// relive is the same book with each rule dry as told.
func (rb *Rulebook) relive(dry func(*rule) bool) *Rulebook {
	next := *rb
	same := make(map[*rule]*rule, len(rb.rules))
	copied := func(list []*rule) []*rule {
		out := make([]*rule, len(list))
		for i, r := range list {
			if same[r] == nil {
				c := *r
				c.dry = dry(r)
				same[r] = &c
			}
			out[i] = same[r]
		}
		return out
	}
	next.rules, next.always, next.phrased = copied(rb.rules), copied(rb.always), copied(rb.phrased)
	next.noters, next.joins, next.slots = copied(rb.noters), copied(rb.joins), copied(rb.slots)
	next.raids, next.copying, next.opinions = copied(rb.raids), copied(rb.copying), copied(rb.opinions)
	next.acrosses = copied(rb.acrosses)
	for _, one := range []**rule{&next.asks, &next.reports} {
		if *one != nil {
			*one = copied([]*rule{*one})[0]
		}
	}
	return &next
}

// Immune reports whether nothing is held against a member by this book.
func (rb *Rulebook) Immune(key community.MemberKey, role, mark community.Role) bool {
	return rb.immune(key, role, mark)
}

// RemovalCap is how many removals an hour may bring without a person, in a group of so many members.
func (rb *Rulebook) RemovalCap(members int64) int { return rb.removalCap(members) }

// immune reports whether nothing is held against a member: by role or mark, as our own people, or by the allow list.
func (rb *Rulebook) immune(key community.MemberKey, role, mark community.Role) bool {
	return slices.Contains(rb.book.Immune, role) || slices.Contains(rb.book.Immune, mark) || rb.staff[key] || rb.allowed[key]
}
