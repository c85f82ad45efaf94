package draw

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func terms() Terms {
	t := Default()
	t.Code, t.Group, t.Title, t.Sponsor, t.Contact, t.Redeem = "abc", "读书群", "十二月抽奖", "读书社", "群主", "联系群主"
	t.Prizes = []Prize{{"大红包", RedPacket, 1, 88_00}, {"书", Thing, 2, 40_00}}
	t.Closes, t.Draws = 10_000_000, 20_000_000
	return t
}

func seedOf(n uint64) []byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
	return sum[:]
}

// proofOf makes a whole draw of so many entrants.
func proofOf(t *testing.T, of Terms, n int, beacon string) Proof {
	t.Helper()
	seed := seedOf(uint64(n))
	text, err := of.Text()
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{}
	for i := range n {
		codes = append(codes, EntryCode(seed, community.MakeID(int64(i), [10]byte{byte(i)})))
	}
	p := Proof{Formula: Formula, Terms: text, Commitment: Commit(seed, text), Seed: hex.EncodeToString(seed), Beacon: beacon, Entries: Sorted(codes)}
	p.List = ListHash(codes)
	p.Winners = Choose(of, seed, p.Commitment, beacon, codes)
	return p
}

// again finds winners as docs/draw.md says, and uses nothing of this package but the shape of the proof.
func again(p Proof) (commitment, list string, winners []Winner) {
	seed, _ := hex.DecodeString(p.Seed)
	sum := sha256.Sum256([]byte("qunluo-draw-1\ncommit\n" + p.Seed + "\n" + p.Terms))
	commitment = hex.EncodeToString(sum[:])
	text := "qunluo-draw-1\nlist"
	for _, c := range p.Entries {
		text += "\n" + c
	}
	sum = sha256.Sum256([]byte(text))
	list = hex.EncodeToString(sum[:])
	by := map[string]string{}
	var ranks []string
	for _, c := range p.Entries {
		h := hmac.New(sha256.New, seed)
		fmt.Fprintf(h, "qunluo-draw-1\nrank\n%s\n%s\n%s\n%s", commitment, list, p.Beacon, c)
		r := hex.EncodeToString(h.Sum(nil))
		ranks, by[r] = append(ranks, r), c
	}
	slices.Sort(ranks)
	var said struct {
		Prizes []struct {
			Name  string
			Count int
		}
	}
	_ = json.Unmarshal([]byte(p.Terms), &said) // what cannot be read has no prizes
	winners = []Winner{}
	for _, prize := range said.Prizes {
		for range prize.Count {
			if i := len(winners); i < len(ranks) {
				winners = append(winners, Winner{i + 1, prize.Name, by[ranks[i]]})
			}
		}
	}
	return commitment, list, winners
}

// TestAnotherImplementationAgrees on commitment, list and winners, whatever the number of entrants.
func TestAnotherImplementationAgrees(t *testing.T) {
	with := terms()
	with.Beacon = "当晚的开奖号"
	for _, n := range []int{0, 1, 2, 3, 4, 100, 3000} {
		for _, p := range []Proof{proofOf(t, terms(), n, ""), proofOf(t, with, n, "0 7 3")} {
			if err := p.Verify(p.Commitment, strings.ToUpper(p.List)); err != nil {
				t.Errorf("%d entrants: %v", n, err)
			}
			commitment, list, winners := again(p)
			if commitment != p.Commitment || list != p.List || !slices.Equal(winners, p.Winners) || len(winners) != min(n, 3) {
				t.Errorf("%d entrants: %s %s %v, want %s %s %v", n, commitment, list, winners, p.Commitment, p.List, p.Winners)
			}
		}
	}
}

// TestFormulaStaysAsItIsWritten: published proofs must hold for ever. The values were worked out by another program.
func TestFormulaStaysAsItIsWritten(t *testing.T) {
	seed := seedOf(1)
	if got := Commit(seed, "{}"); got != "ba2605752be68963e3c94727888642b34216d10af4118c55d157268602a94b44" {
		t.Errorf("commitment = %s", got)
	}
	if got := ListHash([]string{"B", "A", "B"}); got != "91095b1d574ebc4f638976835a65e538a4390bc252bb783f818deed6b58067d5" {
		t.Errorf("list = %s", got)
	}
	if got := EntryCode(seed, community.ID{1}); got != "OJCILRF2SRMJ" {
		t.Errorf("code = %s", got)
	}
	if got := strings.Join(Order(seed, "c", "b", []string{"A", "B", "C", "D", "E"}), ""); got != "AECDB" {
		t.Errorf("order = %s", got)
	}
}

// TestEveryChangeOfAProofIsSeen.
func TestEveryChangeOfAProofIsSeen(t *testing.T) {
	sound := proofOf(t, terms(), 20, "")
	for what, spoil := range map[string]func(*Proof){
		"another seed":        func(p *Proof) { p.Seed = hex.EncodeToString(seedOf(99)) },
		"a short seed":        func(p *Proof) { p.Seed = "00" },
		"no seed":             func(p *Proof) { p.Seed = "x" },
		"a prize more":        func(p *Proof) { p.Terms = strings.Replace(p.Terms, `"count":2`, `"count":3`, 1) },
		"terms that are none": func(p *Proof) { p.Terms = "{" },
		"another formula":     func(p *Proof) { p.Formula = "qunluo-draw-2" },
		"an entrant less":     func(p *Proof) { p.Entries = p.Entries[1:] },
		"one who entered twice": func(p *Proof) {
			p.Entries = slices.Insert(slices.Clone(p.Entries), 0, p.Entries[0])
		},
		"another order":     func(p *Proof) { p.Entries = slices.Clone(p.Entries); slices.Reverse(p.Entries) },
		"a number":          func(p *Proof) { p.Beacon = "7" },
		"another winner":    func(p *Proof) { p.Winners = slices.Clone(p.Winners); p.Winners[0].Code = p.Winners[1].Code },
		"a winner less":     func(p *Proof) { p.Winners = p.Winners[:2] },
		"a winner too many": func(p *Proof) { p.Winners = append(slices.Clone(p.Winners), Winner{4, "书", p.Entries[0]}) },
		"another list hash": func(p *Proof) { p.List = strings.Repeat("0", 64) },
	} {
		p := sound
		spoil(&p)
		if err := p.Verify("", ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, told := range [][2]string{{strings.Repeat("0", 64), ""}, {"", strings.Repeat("0", 64)}} {
		if err := sound.Verify(told[0], told[1]); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("told %q: %v", told, err)
		}
	}
}

// TestTermsWithinTheLaw: what must be told beforehand is there, no prize beyond 50,000 yuan, no stake, no reward for sharing on 微信.
func TestTermsWithinTheLaw(t *testing.T) {
	for what, spoil := range map[string]func(*Terms){
		"no title": func(t *Terms) { t.Title = "" }, "no sponsor": func(t *Terms) { t.Sponsor = " " }, "no contact": func(t *Terms) { t.Contact = "" },
		"no way to fetch it": func(t *Terms) { t.Redeem = "" }, "no prizes": func(t *Terms) { t.Prizes = nil }, "a prize of nothing": func(t *Terms) { t.Prizes[0].Fen = 0 },
		"50,000.01 yuan": func(t *Terms) { t.Prizes[0].Fen = 50_000_01 }, "none of a prize": func(t *Terms) { t.Prizes[0].Count = 0 }, "another kind": func(t *Terms) { t.Prizes[0].Kind = "points" },
		"turned around": func(t *Terms) { t.Title = "奖\u202e" }, "more active days than days": func(t *Terms) { t.Who.Active, t.Who.Window = 8, 7 },
		"a tier that is none": func(t *Terms) { t.Who.Tiers = []string{"vip"} }, "no time to fetch it": func(t *Terms) { t.Days = 0 }, "no zone": func(t *Terms) { t.Zone = "Mars" }, "too many prizes": func(t *Terms) { t.Prizes[0].Count, t.Prizes[1].Count = 6000, 6000 },
	} {
		bad := terms()
		spoil(&bad)
		if err := bad.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v", what, err)
		}
	}
	top := terms()
	top.Prizes[0].Fen = 50_000_00
	if err := top.Check(); err != nil {
		t.Errorf("50,000 yuan: %v", err)
	}
	for _, c := range []struct {
		note     string
		platform community.Platform
		override bool
		want     community.Code
	}{
		{"转发朋友圈多抽一次", "wechat", false, community.CodeForbidden}, {"转发朋友圈多抽一次", "wecom", false, community.CodeForbidden}, {"转发朋友圈多抽一次", "wechat", true, ""},
		{"转发朋友圈多抽一次", "qq", false, ""}, {"报名费 1 元", "qq", true, community.CodeForbidden}, {"Share this and invite friends", "mp", false, community.CodeForbidden}, {"欢迎分享你的读书笔记", "wechat", false, ""},
	} {
		v := terms()
		v.Note = c.note
		if got := community.CodeOf(v.Lawful(c.platform, c.override)); got != c.want {
			t.Errorf("%q on %s (%v): %q, want %q", c.note, c.platform, c.override, got, c.want)
		}
	}
	if err := Afford(terms(), 167_99); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("beyond the budget: %v", err)
	}
	if err := Afford(terms(), 168_00); err != nil {
		t.Errorf("within the budget: %v", err)
	}
}

// TestTimesOfADraw: open for 10 minutes at least, not drawn before the list is frozen, a public number after it was told.
func TestTimesOfADraw(t *testing.T) {
	const minute = int64(60_000)
	for _, c := range []struct {
		closes, draws int64
		beacon        string
		want          community.Code
	}{
		{10 * minute, 10 * minute, "", ""}, {10*minute - 1, 20 * minute, "", community.CodeBadInput}, {20 * minute, 19 * minute, "", community.CodeBadInput},
		{20 * minute, 30*minute - 1, "号", community.CodeBadInput}, {20 * minute, 30 * minute, "号", ""}, {20 * minute, 93 * 24 * 60 * minute, "", community.CodeBadInput},
	} {
		v := terms()
		v.Closes, v.Draws, v.Beacon = c.closes, c.draws, c.beacon
		if got := community.CodeOf(v.Timely(0)); got != c.want {
			t.Errorf("closes %d, draws %d, %q: %q, want %q", c.closes/minute, c.draws/minute, c.beacon, got, c.want)
		}
	}
}

// TestStatesOfADraw: each step is done once, in its order.
func TestStatesOfADraw(t *testing.T) {
	seed := seedOf(1)
	d, err := Draw{State: Draft, Terms: terms(), Budget: 168_00}.Publish("qq", seed, "", 0)
	if err != nil || d.Commitment != Commit(seed, d.Text) {
		t.Fatalf("published: %v", err)
	}
	code := func(what string, err error, want community.Code) {
		t.Helper()
		if got := community.CodeOf(err); got != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	_, err = d.Publish("qq", seed, "", 0)
	code("published twice", err, community.CodeConflict)
	code("entered in time", d.MayEnter(d.Terms.Closes-1), "")
	code("entered at the end", d.MayEnter(d.Terms.Closes), community.CodeLate)
	_, err = d.Cancel("ming", "x", d.Terms.Closes)
	code("called off at the end", err, community.CodeConflict)
	_, err = d.Cancel("ming", "x", d.Terms.Closes-1)
	code("called off in time", err, "")
	if freeze, reveal := d.Due(d.Terms.Draws); !freeze || reveal {
		t.Errorf("a list is frozen before winners are drawn: %v %v", freeze, reveal)
	}
	d.State, d.ClosedAt = Closed, d.Terms.Closes
	if _, reveal := d.Due(d.Terms.Draws); !reveal {
		t.Error("not drawn at its time")
	}
	d.Terms.Beacon = "号"
	if _, reveal := d.Due(d.Terms.Draws); reveal {
		t.Error("drawn without the public number")
	}
	_, err = d.Mix("1", "x", d.Terms.Draws-1)
	code("the number too early", err, community.CodeConflict)
	_, err = d.Mix("1\n2", "x", d.Terms.Draws)
	code("two lines", err, community.CodeBadInput)
	d, err = d.Mix(" 1 ", "x", d.Terms.Draws)
	if code("the number", err, ""); d.Beacon != "1" {
		t.Errorf("number = %q", d.Beacon)
	}
	_, err = d.Mix("2", "x", d.Terms.Draws)
	code("another number", err, community.CodeConflict)
}

// TestWhoTakesPart is decided as things stand when entries close, with the reason.
func TestWhoTakesPart(t *testing.T) {
	const day = 24 * 3600_000
	v := terms()
	v.Closes = 100 * day
	v.Who = Who{Standing: true, Days: 30, Active: 2, Window: 30, Tiers: []string{"core", "normal"}, Clean: true}
	fine := Soul{Here: true, Joined: 70 * day, Active: 2, Tier: "core"}
	souls := []Soul{}
	want := map[community.MemberKey]string{}
	add := func(out string, change func(*Soul)) {
		s := fine
		s.Member = community.MemberKey(len(souls) + 1)
		s.ID = community.MakeID(int64(s.Member), [10]byte{})
		change(&s)
		souls, want[s.Member] = append(souls, s), out
	}
	add("", func(*Soul) {})
	add(OutLeft, func(s *Soul) { s.Here = false })
	add(OutStaff, func(s *Soul) { s.Staff = true })
	add(OutBot, func(s *Soul) { s.Bot, s.Staff = true, true })
	add(OutDays, func(s *Soul) { s.Joined++ })
	add(OutActive, func(s *Soul) { s.Active = 1 })
	add(OutTier, func(s *Soul) { s.Tier = "lurker" })
	add(OutStrike, func(s *Soul) { s.Strikes = 1 })
	add("", func(s *Soul) { s.Person = 7 })
	add(OutTwice, func(s *Soul) { s.Person = 7 })
	add("", func(s *Soul) { s.Person = 8 })
	list, err := v.Freeze(seedOf(1), append(souls, souls[0])) // one stands twice
	if err != nil || len(list) != len(souls) {
		t.Fatalf("list = %+v, %v", list, err)
	}
	for _, e := range list {
		if e.Out != want[e.Member] {
			t.Errorf("%d: %q, want %q", e.Member, e.Out, want[e.Member])
		}
	}
	if codes := Codes(list); len(codes) != 3 || !slices.IsSorted(codes) || codes[0] == codes[1] {
		t.Errorf("codes = %v", codes)
	}
	v.Who = Who{}
	list, err = v.Freeze(seedOf(1), []Soul{{Member: 1, Here: true, Joined: 99 * day}, {Member: 2, Here: true, Entered: 5, Joined: 99 * day, Person: 1}, {Member: 3, Here: true, Entered: 4, Joined: 99 * day, Person: 1}})
	if err != nil || len(list) != 2 || list[0].Member != 3 || list[0].Out != "" || list[1].Out != OutTwice {
		t.Errorf("who entered = %+v, %v", list, err)
	}
}

// TestPrizesAreHandedOverOnce.
func TestPrizesAreHandedOverOnce(t *testing.T) {
	p := Payout{State: Open, Until: 100}
	if _, err := p.Lapse("ming", "x", 99); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("lapsed too early: %v", err)
	}
	lapsed, err := p.Lapse("ming", "没来", 100)
	if err != nil || lapsed.State != Lapsed {
		t.Errorf("lapsed = %+v, %v", lapsed, err)
	}
	if _, err := lapsed.Mark("ming", "x", 101); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("handed over after it lapsed: %v", err)
	}
	back, err := lapsed.Unmark("来了")
	if err != nil || back.State != Open || back.Times != 1 {
		t.Errorf("taken back = %+v, %v", back, err)
	}
	if _, err := back.Unmark("x"); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("taken back twice: %v", err)
	}
	paid, err := back.Mark("ming", "单号 1", 102)
	if err != nil || paid.Times != 2 || paid.Receipt != "单号 1" {
		t.Errorf("paid = %+v, %v", paid, err)
	}
}

// TestPlacesGetPrizesInTurn.
func TestPlacesGetPrizesInTurn(t *testing.T) {
	v := terms()
	var names []string
	for place := range 5 {
		p, ok := v.PrizeAt(place)
		names = append(names, fmt.Sprint(p.Name, ok))
	}
	if got := strings.Join(names[1:], " "); got != "大红包true 书true 书true false" {
		t.Errorf("prizes = %s", got)
	}
	if _, ok := v.PrizeAt(0); ok {
		t.Error("there is a prize before the first place")
	}
	if Yuan(12_05) != "12.05" {
		t.Errorf("yuan = %s", Yuan(12_05))
	}
}
