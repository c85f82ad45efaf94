package app_test

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/draw"
)

// lot gives the terms of a draw that everybody present may enter.
func (n *night) lot() draw.Terms {
	t := draw.Default()
	t.Title, t.Sponsor, t.Contact, t.Redeem, t.Who = "十二月抽奖", "徒步社", "群主陈默", "联系群主领取", draw.Who{}
	t.Prizes = []draw.Prize{{Name: "大红包", Kind: draw.RedPacket, Count: 1, Fen: 88_00}, {Name: "一本书 <b>", Kind: draw.Thing, Count: 1, Fen: 40_00}}
	t.Closes = n.app.Now() + time.Hour.Milliseconds()
	t.Draws = t.Closes + time.Hour.Milliseconds()
	return t
}

// posts sends the form of a member's own page of a draw.
func (n *night) posts(link string, fields url.Values) (int, string) {
	n.t.Helper()
	res, err := http.PostForm(n.url+strings.TrimPrefix(link, n.url), fields)
	check(n.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	check(n.t, err)
	return res.StatusCode, string(raw)
}

// come waits until a draw has come so far, and says how it stands then.
func (n *night) come(id community.ID, to draw.State) draw.Draw {
	n.t.Helper()
	var d draw.Draw
	await(n.t, func() bool {
		var err error
		d, _, err = n.app.Draws(n.org, nil).ByID(n.t.Context(), id)
		check(n.t, err)
		return d.State == to && d.Told == to
	})
	return d
}

// proven downloads the proof of a draw and has it checked by the script that shares no code with ours.
func (n *night) proven(d draw.Draw) draw.Proof {
	n.t.Helper()
	phone := newPerson(n.t, n.url)
	code, body := phone.get("/draw/" + d.Terms.Code + "/proof.json")
	if code != http.StatusOK {
		n.t.Fatalf("the proof: %d %s", code, excerpt(body))
	}
	var p draw.Proof
	check(n.t, json.Unmarshal([]byte(body), &p))
	check(n.t, p.Verify(d.Commitment, d.List))
	_, script := phone.get("/draw/verify.py")
	python, err := exec.LookPath("python3")
	if err != nil {
		n.t.Log("no python3: only the second implementation in Go looked at the proof")
		return p
	}
	dir := n.t.TempDir()
	check(n.t, os.WriteFile(filepath.Join(dir, "verify.py"), []byte(script), 0o600))
	run := func(text, commitment string) (string, error) {
		check(n.t, os.WriteFile(filepath.Join(dir, "proof.json"), []byte(text), 0o600))
		out, err := exec.CommandContext(n.t.Context(), python, filepath.Join(dir, "verify.py"), filepath.Join(dir, "proof.json"), commitment, d.List).CombinedOutput() //nolint:gosec // the script is ours
		return string(out), err
	}
	if said, err := run(body, d.Commitment); err != nil || !strings.Contains(said, "HOLDS") || len(p.Winners) > 0 && !strings.Contains(said, p.Winners[0].Code) {
		n.t.Errorf("the script says %q, %v", said, err)
	}
	for what, text := range map[string]string{"a seed": strings.Replace(body, p.Seed, strings.Repeat("0", 64), 1), "terms": strings.Replace(body, d.Terms.Title, "别的抽奖", 1)} {
		if said, err := run(text, d.Commitment); err == nil || !strings.Contains(said, "DOES NOT HOLD") {
			n.t.Errorf("the script takes another %s: %q", what, said)
		}
	}
	if said, err := run(body, strings.Repeat("0", 64)); err == nil || !strings.Contains(said, "another one was told") {
		n.t.Errorf("the script takes another commitment: %q", said)
	}
	return p
}

// TestDrawFromDraftToHandedOver: published once and fixed from then on; members enter by their own link, once however often they press; who left before
// the end or runs the group takes no part; the group is told commitment, list and winners; anybody can check; prizes wait for a person with a receipt.
func TestDrawFromDraftToHandedOver(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, v, g := t.Context(), n.app.Draws(n.org, nil), n.group.Key
		bad := n.lot()
		bad.Prizes[0].Fen = draw.MaxPrize + 1
		_, err := v.New(ctx, "ming", g, bad, bad.Worth(), "", "")
		codeIs(t, "a prize beyond what the law allows", err, community.CodeBadInput)
		_, err = v.New(ctx, "ming", g, n.lot(), 100_00, "", "")
		codeIs(t, "prizes beyond the budget", err, community.CodeBadInput)
		_, err = n.app.Draws(n.org, []community.GroupKey{}).New(ctx, "anna", g, n.lot(), 200_00, "", "")
		codeIs(t, "in a group that is not seen", err, community.CodeNotFound)
		d, err := v.New(ctx, "ming", g, n.lot(), 200_00, "", "试试")
		check(t, err)
		_, err = v.Link(ctx, d.ID, n.member("阿青").Key)
		codeIs(t, "a link of a draft", err, community.CodeConflict)
		phone := newPerson(t, n.url)
		if code, _ := phone.get("/draw/" + d.Terms.Code); code != http.StatusNotFound {
			t.Errorf("a draft can be seen: %d", code)
		}
		terms := d.Terms
		terms.Note = "报名费 5 元"
		d, err = v.Edit(ctx, "ming", d.ID, d.Version, terms, 200_00, "", "")
		check(t, err)
		_, err = v.Publish(ctx, "ming", d.ID, d.Version, "", "")
		codeIs(t, "a stake", err, community.CodeForbidden)
		terms.Note = "长期有效"
		d, err = v.Edit(ctx, "ming", d.ID, d.Version, terms, 200_00, "", "")
		check(t, err)
		_, err = v.Edit(ctx, "anna", d.ID, d.Version-1, terms, 200_00, "", "")
		codeIs(t, "written over what another wrote", err, community.CodeConflict)

		var once sync.WaitGroup
		codes := make([]community.Code, 4)
		for i := range codes { // four clicks at once
			once.Go(func() {
				_, err := v.Publish(ctx, "ming", d.ID, d.Version, "", "")
				codes[i] = community.CodeOf(err)
			})
		}
		once.Wait()
		if slices.Sort(codes); !slices.Equal(codes, []community.Code{"", community.CodeConflict, community.CodeConflict, community.CodeConflict}) {
			t.Errorf("published four times at once: %q", codes)
		}
		d = n.come(d.ID, draw.Published)
		_, err = v.Edit(ctx, "ming", d.ID, 0, terms, 200_00, "", "")
		codeIs(t, "terms changed once published", err, community.CodeConflict)
		n.told(d.Commitment)
		if len(n.sent()) != 1 {
			t.Errorf("the group is told %q", n.sent())
		}

		at := func(name string) string {
			link, err := v.Link(ctx, d.ID, n.member(name).Key)
			check(t, err)
			return link
		}
		yes := url.Values{"age": {"1"}}
		if code, body := n.posts(at("阿青"), url.Values{}); code != http.StatusUnprocessableEntity || !strings.Contains(body, "14 周岁") {
			t.Errorf("entered without an age: %d %s", code, excerpt(body))
		}
		if code, _ := n.posts(at("群主陈默"), yes); code != http.StatusForbidden {
			t.Errorf("the owner enters: %d", code)
		}
		for range 4 { // two fingers, twice
			once.Go(func() { n.posts(at("阿青"), yes) })
		}
		once.Wait()
		for _, name := range []string{"老周", "林小满", "米粒"} {
			if code, body := n.posts(at(name), yes); code != http.StatusOK || !strings.Contains(body, "已参加，抽奖码") {
				t.Errorf("%s enters: %d %s", name, code, excerpt(body))
			}
		}
		if code, body := n.posts(at("米粒"), url.Values{"leave": {"1"}}); code != http.StatusOK || !strings.Contains(body, "参加抽奖") {
			t.Errorf("an entry taken back: %d %s", code, excerpt(body))
		}
		for _, wrong := range []string{"/draw/none", "/draw/" + d.Terms.Code + "/" + strings.Repeat("A", 50), "/draw/" + d.Terms.Code + "/proof.json"} {
			if code, _ := phone.get(wrong); code != http.StatusNotFound {
				t.Errorf("GET %s = %d", wrong, code)
			}
		}
		n.happens(community.MemberLeft, "林小满", "gone", community.Body{Reason: "left"})
		if code, body := phone.get("/draw/" + d.Terms.Code); code != http.StatusOK || strings.Contains(body, "<b>") || strings.Contains(body, "阿青") || !strings.Contains(body, d.Commitment) || len(body) > 60<<10 {
			t.Errorf("the public page: %d, %d bytes, %s", code, len(body), excerpt(body))
		}

		own := at("老周")
		n.pass(time.Hour)
		d = n.come(d.ID, draw.Closed)
		n.told(d.List)
		if code, _ := n.posts(own, yes); code != http.StatusGone {
			t.Errorf("entered after the end: %d", code)
		}
		_, err = v.Cancel(ctx, "ming", d.ID, "不喜欢")
		codeIs(t, "called off once the list is frozen", err, community.CodeConflict)
		_, err = v.Mix(ctx, "ming", d.ID, "123", "https://example.org")
		codeIs(t, "a public number that the terms do not name", err, community.CodeConflict)
		_, err = v.Proof(ctx, d.ID)
		codeIs(t, "a proof before the draw", err, community.CodeConflict)
		list, _, err := v.Entries(ctx, d.ID, community.Page{})
		check(t, err)
		out := map[string]string{}
		for _, e := range list {
			out[e.Name] = cmp.Or(e.Out, "in")
		}
		if want := map[string]string{"阿青": "in", "老周": "in", "林小满": draw.OutLeft}; len(out) != 3 || out["阿青"] != want["阿青"] || out["老周"] != want["老周"] || out["林小满"] != want["林小满"] {
			t.Errorf("list = %v, want %v", out, want)
		}

		n.pass(time.Hour)
		d = n.come(d.ID, draw.Drawn)
		p := n.proven(d)
		if len(p.Winners) != 2 || len(p.Entries) != 2 || strings.Contains(p.Terms, "<b>") {
			t.Errorf("proof = %+v", p)
		}
		n.told("第 1 名")
		if code, body := phone.get("/draw/" + d.Terms.Code + "?find=" + strings.ToLower(p.Winners[0].Code)); code != http.StatusOK || !strings.Contains(body, "第 1 名：大红包") || strings.Contains(body, "老周") || !strings.Contains(body, "**") {
			t.Errorf("the page at the end: %d %s", code, excerpt(body))
		}
		if code, body := phone.get(strings.TrimPrefix(own, n.url)); code != http.StatusOK || !strings.Contains(body, "恭喜") {
			t.Errorf("the page of a winner: %d %s", code, excerpt(body))
		}

		pay, total, err := v.Payouts(ctx, g, d.ID, "", community.Page{})
		check(t, err)
		if total != 2 || pay[0].Fen != 88_00 || pay[0].State != draw.Open {
			t.Fatalf("prizes = %+v", pay)
		}
		todo := func() int {
			tasks, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: g, Page: community.Page{Limit: 50}})
			check(t, err)
			open := 0
			for _, k := range tasks {
				if k.Verb == community.Todo && strings.HasSuffix(k.Text, "/prizes/"+pay[0].ID.String()) {
					open++
				}
			}
			return open
		}
		await(t, func() bool { return todo() == 1 })
		_, err = v.Pay(ctx, "anna", pay[0].ID, " ")
		codeIs(t, "handed over without a receipt", err, community.CodeBadInput)
		_, err = v.Lapse(ctx, "anna", pay[0].ID, "没来")
		codeIs(t, "lapsed before its time", err, community.CodeConflict)
		_, err = v.Pay(ctx, "anna", pay[0].ID, "转账单 10023")
		check(t, err)
		await(t, func() bool { return todo() == 0 })
		_, err = v.Pay(ctx, "ben", pay[0].ID, "又一次")
		codeIs(t, "handed over twice", err, community.CodeConflict)
		_, err = v.Unpay(ctx, "anna", pay[0].ID, "转错人")
		check(t, err)
		await(t, func() bool { return todo() == 1 })
		_, err = v.Pay(ctx, "anna", pay[0].ID, "转账单 10024")
		check(t, err)
		n.pass(8 * 24 * time.Hour)
		late, _, err := v.Payouts(ctx, g, d.ID, "unclaimed", community.Page{})
		check(t, err)
		if len(late) != 1 || late[0].ID != pay[1].ID {
			t.Errorf("not fetched in time = %+v", late)
		}
		_, err = v.Lapse(ctx, "anna", pay[1].ID, "没来")
		check(t, err)
		d, sums, err := v.ByID(ctx, d.ID)
		check(t, err)
		if want := (draw.Sums{Budget: 200_00, Worth: 128_00, Awarded: 128_00, Paid: 88_00, Lapsed: 40_00}); sums != want || d.Shown() != draw.Settled {
			t.Errorf("sums = %+v, want %+v; %s", sums, want, d.Shown())
		}
		if sent := n.sent(); len(sent) != 3 {
			t.Errorf("the group was told %d times, want 3: %q", len(sent), sent)
		}
	})
}

// TestDrawByStandingInASlot: nobody has to enter; the public number is taken once, after the list was told; the slot's next draw is drafted by itself; and
// what was due while the server was off is made good, with nothing told twice.
func TestDrawByStandingInASlot(t *testing.T) {
	t.Parallel()
	n := startNight(t, "", `{"scene":"quiet","abilities":"message.send=human,member.list=native"}`)
	ctx, v, g := t.Context(), n.app.Draws(n.org, nil), n.group.Key
	zone, err := time.LoadLocation(n.group.Zone)
	check(t, err)
	terms := n.lot()
	terms.Who.Standing, terms.Beacon, terms.Lang = true, "当晚福彩 3D 开奖号", "en"
	terms.Prizes[1].Count = 50 // more prizes than people
	day := time.UnixMilli(n.app.Now()).In(zone)
	first := time.Date(day.Year(), day.Month()+1, 1, 20, 10, 0, 0, zone) // the next first of a month
	terms.Draws, terms.Closes = first.UnixMilli(), first.Add(-2*time.Hour).UnixMilli()
	_, err = v.New(ctx, "ming", g, terms, terms.Worth(), "no-slot", "")
	codeIs(t, "a slot that is not there", err, community.CodeBadInput)
	_, err = v.New(ctx, "ming", g, terms, terms.Worth(), "live", "")
	codeIs(t, "a slot at another time", err, community.CodeBadInput)
	d, err := v.New(ctx, "ming", g, terms, terms.Worth(), "draw", "")
	check(t, err)
	_, err = v.New(ctx, "ming", g, terms, terms.Worth(), "draw", "")
	codeIs(t, "a second one in the slot", err, community.CodeConflict)
	d, err = v.Publish(ctx, "ming", d.ID, 0, "", "")
	check(t, err)
	d = n.come(d.ID, draw.Published)
	link, err := v.Link(ctx, d.ID, n.member("阿青").Key)
	check(t, err)
	if code, body := n.posts(link, url.Values{"age": {"1"}}); code != http.StatusConflict || !strings.Contains(body, "不用报名") {
		t.Errorf("entered where nobody has to: %d %s", code, excerpt(body))
	}

	n.end() // off over the end of entries and the time of the draw
	n.ahead.Add(int64(time.Duration(terms.Draws-n.app.Now()+time.Minute.Milliseconds()) * time.Millisecond))
	n.open()
	v = n.app.Draws(n.org, nil)
	d = n.come(d.ID, draw.Closed)
	_, err = v.Mix(ctx, "ming", d.ID, "0 7 3", "https://www.cwl.gov.cn")
	codeIs(t, "a number right after the list was told", err, community.CodeConflict)
	n.pass(10 * time.Minute)
	_, err = v.Mix(ctx, "ming", d.ID, "0 7 3", "")
	codeIs(t, "a number of nowhere", err, community.CodeBadInput)
	_, err = v.Mix(ctx, "ming", d.ID, "0 7 3", "https://www.cwl.gov.cn")
	check(t, err)
	_, err = v.Mix(ctx, "ming", d.ID, "9 9 9", "https://www.cwl.gov.cn")
	codeIs(t, "another number", err, community.CodeConflict)
	d = n.come(d.ID, draw.Drawn)
	p := n.proven(d)
	if len(p.Winners) != len(p.Entries) || len(p.Entries) == 0 || p.Beacon != "0 7 3" {
		t.Errorf("everybody wins: %d of %d, number %q", len(p.Winners), len(p.Entries), p.Beacon)
	}
	owner, err := n.app.Store().DrawEntryOf(ctx, d.ID, n.member("群主陈默").Key, "")
	check(t, err)
	if owner.Out != draw.OutStaff {
		t.Errorf("the owner: %+v", owner)
	}
	_, sums, err := v.ByID(ctx, d.ID)
	check(t, err)
	if sums.Left != sums.Worth-sums.Awarded || sums.Left == 0 {
		t.Errorf("prizes that nobody won: %+v", sums)
	}
	list, _, err := v.List(ctx, g, community.Page{})
	check(t, err)
	if len(list) != 2 || list[0].State != draw.Draft || list[0].Slot != "draw" || time.UnixMilli(list[0].Terms.Draws).In(zone) != first.AddDate(0, 1, 0) || list[0].Terms.Code == d.Terms.Code {
		t.Errorf("the next in the slot: %+v", list)
	}
	n.end()
	n.open()
	check(t, n.app.RunDraws(ctx))
	if sent := n.sent(); len(sent) != 3 {
		t.Errorf("the group was told %d times, want 3: %q", len(sent), sent)
	}
}

// TestDrawWithNobody: zero entrants are no failure; one called off says why, and a share for a chance is refused where 微信 forbids it.
func TestDrawWithNobody(t *testing.T) {
	t.Parallel()
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx, v, g := t.Context(), n.app.Draws(n.org, nil), n.group.Key
	terms := n.lot()
	terms.Draws = terms.Closes
	d, err := v.New(ctx, "ming", g, terms, terms.Worth(), "", "")
	check(t, err)
	_, err = v.Publish(ctx, "ming", d.ID, 0, "", "")
	check(t, err)
	off, err := v.New(ctx, "ming", g, terms, terms.Worth(), "", "")
	check(t, err)
	_, err = v.Publish(ctx, "ming", off.ID, 0, "", "")
	check(t, err)
	_, err = v.Cancel(ctx, "ming", off.ID, "")
	codeIs(t, "called off without a reason", err, community.CodeBadInput)
	_, err = v.Cancel(ctx, "ming", off.ID, "奖品没到")
	check(t, err)
	n.told("已取消：奖品没到")
	phone := newPerson(t, n.url)
	if code, body := phone.get("/draw/" + off.Terms.Code); code != http.StatusOK || !strings.Contains(body, "奖品没到") {
		t.Errorf("the page of one called off: %d %s", code, excerpt(body))
	}
	n.pass(time.Hour)
	d = n.come(d.ID, draw.Drawn)
	if p := n.proven(d); len(p.Winners) != 0 || len(p.Entries) != 0 {
		t.Errorf("proof = %+v", p)
	}
	n.told("没有人参加")
	if code, body := phone.get("/draw/" + d.Terms.Code); code != http.StatusOK || !strings.Contains(body, "没有人参加") {
		t.Errorf("the page: %d %s", code, excerpt(body))
	}
	if d.Shown() != draw.Settled {
		t.Errorf("state = %s", d.Shown())
	}
}
