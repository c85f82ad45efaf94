package app_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/poster"
)

// phone asks the public door as one phone does: it keeps no cookies but those that are handed to it.
func (g *gate) phone(agent, method, path string, form url.Values, cookies ...*http.Cookie) (*http.Response, string) {
	g.t.Helper()
	r, err := http.NewRequest(method, g.door.URL+path, strings.NewReader(form.Encode()))
	check(g.t, err)
	r.Header.Set("User-Agent", agent)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	check(g.t, err)
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	check(g.t, err)
	return got, string(body)
}

// posterCode is a code that hands out a poster.
func (g *gate) posterCode(ref string) admit.Code {
	g.t.Helper()
	ctx, codes := g.t.Context(), g.app.Codes(g.org, nil)
	c, err := codes.Save(ctx, "ming", admit.Code{Kind: admit.Channel, Name: "老带新", State: "ldx", Line: "每周一本书"}, "")
	check(g.t, err)
	_, err = codes.AddEntry(ctx, "ming", c.ID, admit.Entry{Group: g.group.Key, Link: "https://chat.example/+abc"}, nil)
	check(g.t, err)
	check(g.t, g.app.Posters(g.org, nil).SetForCode(ctx, "ming", c.ID, ref, map[string]string{"n1": "300 位书友", "n2": "每周一本", "name": "谁都行"}, ""))
	return c
}

// asks has a visitor ask for a poster and gives the address of their page.
func (g *gate) asks(slug, name string) string {
	g.t.Helper()
	got, body := g.phone(name, http.MethodPost, "/p/"+slug, url.Values{"name": {name}})
	at := got.Header.Get("Location")
	if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/p/"+slug+"/") {
		g.t.Fatalf("%s asked: %d %q %s", name, got.StatusCode, at, excerpt(body))
	}
	return at
}

// armSeen tells a poster of A (plum) from one of B (deep green).
func armSeen(t *testing.T, body string) string {
	t.Helper()
	img, err := jpeg.Decode(strings.NewReader(body))
	check(t, err)
	red, green, _, _ := img.At(10, 500).RGBA()
	return map[bool]string{true: "A", false: "B"}[red > green]
}

// TestAPosterIsTriedTwoWays goes from the plan to the archive: whoever asks a code for their poster is given A or B, always the same;
// scans by other phones are counted as theirs; the result stays as it was when it was decided.
func TestAPosterIsTriedTwoWays(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, lab, press := t.Context(), g.app.Experiments(g.org, nil), g.app.Posters(g.org, nil)
		c := g.posterCode("referral/zh-CN/square")
		l, _, err := poster.Template("thanks", "zh-CN", poster.Square)
		check(t, err)
		_, err = press.Save(ctx, "ming", "拉新二", 0, l, "")
		check(t, err)
		d := experiment.Definition{Name: "换张海报", Switch: experiment.Poster, Subject: c.ID.String(), Arms: [2]string{"", "own/拉新二"}, Hoped: 0.2}
		row, err := lab.Save(ctx, "ming", experiment.Row{Definition: d}, "")
		check(t, err)
		if row.Arms != [2]string{"referral/zh-CN/square", "own/拉新二/1"} || row.Need.Members < 90 || row.Unit() != experiment.Member || len(row.Guards()) != 0 {
			t.Errorf("the plan = %+v", row)
		}
		row.PerDay = 1
		row, err = lab.Save(ctx, "ming", row, "")
		check(t, err)
		if _, err := lab.Start(ctx, "ming", row.ID, ""); community.CodeOf(err) != community.CodeRefused {
			t.Fatalf("28 people for %d, and it starts: %v", row.Need.Members, err)
		}
		wrong := d
		wrong.Arms[1] = "own/没有这张"
		if _, err := lab.Save(ctx, "ming", experiment.Row{Definition: wrong}, ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("a poster that is not there: %v", err)
		}
		row, err = lab.Start(ctx, "ming", row.ID, "只是练习")
		check(t, err)
		if err := press.SetForCode(ctx, "ming", c.ID, "", nil, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("the poster changes while it is tried: %v", err)
		}
		check(t, press.Drop(ctx, "ming", "拉新二", "")) // the arm keeps its version
		arms, first := map[string]string{}, map[string]string{}
		for i := range 24 {
			g.ms.Add(5 * time.Minute.Milliseconds())
			name := fmt.Sprintf("书友%d", i)
			at := g.asks(c.Slug, name)
			got, body := g.phone(name, http.MethodGet, at+"/poster?light=1", nil)
			if got.StatusCode != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" {
				t.Fatalf("the poster: %d %s", got.StatusCode, excerpt(body))
			}
			first[at], arms[at] = body, armSeen(t, body)
		}
		n := map[string]int{}
		for at, arm := range arms {
			n[arm]++
			g.ms.Add(5 * time.Minute.Milliseconds())
			if _, again := g.phone("x", http.MethodGet, at+"/poster?light=1", nil); again != first[at] {
				t.Errorf("%s: the poster was drawn anew", at)
			}
		}
		if n["A"] < 4 || n["B"] < 4 || n["A"]+n["B"] != 24 {
			t.Fatalf("arms = %v", n)
		}
		scanned := 0
		for at, arm := range arms {
			token := strings.TrimPrefix(at, "/p/"+c.Slug+"/")
			g.ms.Add(5 * time.Minute.Milliseconds())
			g.phone("own-"+token, http.MethodGet, at, nil)
			g.phone("own-"+token, http.MethodGet, "/j/"+c.Slug+"/"+token, nil) // one's own phone counts for nothing
			if arm == "B" {
				if got, body := g.phone("friend", http.MethodGet, "/j/"+c.Slug+"/"+token, nil); got.StatusCode != http.StatusOK || !strings.Contains(body, "读书1群") {
					t.Fatalf("scanned: %d %s", got.StatusCode, excerpt(body))
				}
				scanned++
			}
		}
		g.pass(8 * 24 * time.Hour)
		_, r, err := lab.Look(ctx, row.ID)
		check(t, err)
		if r.Arms[0].Known+r.Arms[1].Known != 24 || r.Arms[0].Assigned != n["A"] || r.Arms[0].Mean != 0 || r.Arms[1].Mean != 1 || !r.Sane() {
			t.Errorf("look = %+v, arms %v", r, n)
		}
		check(t, lab.Decide(ctx, "ming", row.ID, experiment.TakeB, "被扫的多"))
		kept, r2, err := lab.Look(ctx, row.ID)
		check(t, err)
		if kept.State != experiment.Decided || r2.Arms != r.Arms || kept.Arms[1] != "own/拉新二/1" {
			t.Errorf("the archive: %+v %+v", kept, r2)
		}
		at := g.asks(c.Slug, "后来的")
		if _, body := g.phone("后来的", http.MethodGet, at+"/poster?light=1", nil); armSeen(t, body) != "A" {
			t.Error("after the decision somebody is given B: nothing is changed by a decision")
		}
		if _, body := g.phone("x", http.MethodGet, at, nil); !strings.Contains(body, "后来的 的海报") {
			t.Errorf("the page of one's own poster: %s", excerpt(body))
		}
		own, err := press.ForCode(ctx, c.ID)
		check(t, err)
		if own.Asked != 25 || len(own.Shares) != 25 || own.Shares[0].Scan != 1 || scanned != n["B"] || own.Filled["name"] != "" {
			t.Errorf("what the code's page shows: %+v", own)
		}
	})
}

// TestAPhoneKeepsItsPoster: who asks again is given the same one, a name that says nothing is asked for again, and what is not there is
// no page.
func TestAPhoneKeepsItsPoster(t *testing.T) {
	g := openGate(t, "")
	c := g.posterCode("referral/zh-CN/portrait")
	got, _ := g.phone("a", http.MethodPost, "/p/"+c.Slug, url.Values{"name": {"小林🎉𠮷"}})
	cookie, at := got.Cookies()[0], got.Header.Get("Location")
	if !cookie.HttpOnly || cookie.Path != "/p/"+c.Slug || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie = %+v", cookie)
	}
	for _, form := range []url.Values{nil, {"name": {"换个名字"}}} {
		method := http.MethodGet
		if form != nil {
			method = http.MethodPost
		}
		if got, _ := g.phone("a", method, "/p/"+c.Slug, form, cookie); got.Header.Get("Location") != at {
			t.Errorf("%s again leads to %q, not to %q", method, got.Header.Get("Location"), at)
		}
	}
	if got, body := g.phone("a", http.MethodGet, at+"/poster?light=1", nil); got.Header.Get("Content-Type") != "image/jpeg" || len(body) > 56<<10 {
		t.Errorf("the light one: %s of %d bytes", got.Header.Get("Content-Type"), len(body))
	}
	for _, name := range []string{"", "  ", strings.Repeat("长", 21), "\u202e\u200b"} {
		if got, body := g.phone("b", http.MethodPost, "/p/"+c.Slug, url.Values{"name": {name}}); got.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "1 到 20 个字") && !strings.Contains(body, "1 to 20") {
			t.Errorf("%q: %d %s", name, got.StatusCode, excerpt(body))
		}
	}
	for _, path := range []string{"/p/none", "/p/" + c.Slug + "/none", "/p/" + c.Slug + "/none/poster"} {
		if got, _ := g.phone("b", http.MethodGet, path, nil); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	if got, body := g.phone("c", http.MethodGet, "/j/"+c.Slug+"/none", nil); got.StatusCode != http.StatusOK || !strings.Contains(body, "读书1群") {
		t.Errorf("a code of nobody's: %d", got.StatusCode)
	}
	check(t, g.app.Posters(g.org, nil).SetForCode(t.Context(), "ming", c.ID, "", nil, "不发了"))
	if got, _ := g.phone("c", http.MethodGet, at, nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("handed out no more: %d", got.StatusCode)
	}
}

// TestPostersForMany: a job draws one for each row, says what it could not draw, packs them, and is not touched by what becomes of the
// template meanwhile.
func TestPostersForMany(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, press := t.Context(), g.app.Posters(g.org, nil)
		l, _, err := poster.Template("card", "zh-CN", poster.Square)
		check(t, err)
		_, err = press.Save(ctx, "ming", "会员卡", 0, l, "")
		check(t, err)
		var people []map[string]string
		for i := range 9 {
			people = append(people, map[string]string{"name": fmt.Sprintf("会员/%d🎉", i), "number": fmt.Sprintf("%05d", i), "link": "https://q.example/j/x", "other": "不用"})
		}
		b, err := press.Batch(ctx, "ming", poster.Order{Ref: "own/会员卡", People: people, Filled: map[string]string{"group": "读书会", "date": "2027", "text": ""}}, "年卡")
		check(t, err)
		check(t, press.Drop(ctx, "ming", "会员卡", "不要了"))
		await(t, func() bool {
			b, err = press.BatchByID(ctx, b.ID)
			check(t, err)
			return b.State != "waits"
		})
		if b.State != "done" || b.Done != 9 || b.Total != 9 || len(b.Warned) != 9 || !strings.Contains(b.Warned[0], "🎉") {
			t.Fatalf("batch = %+v", b)
		}
		f, size, err := press.BatchFile(ctx, b.ID)
		check(t, err)
		raw, err := io.ReadAll(f)
		check(t, err)
		check(t, f.Close())
		files, err := zip.NewReader(bytes.NewReader(raw), size)
		check(t, err)
		if len(files.File) != 9 || files.File[0].Name != "0001-会员0.png" {
			t.Fatalf("%d files, the first %q", len(files.File), files.File[0].Name)
		}
		one, err := files.File[8].Open()
		check(t, err)
		cfg, err := png.DecodeConfig(one)
		check(t, err)
		if cfg.Width != 1080 || cfg.Height != 1080 {
			t.Errorf("%d×%d", cfg.Width, cfg.Height)
		}
		for what, o := range map[string]poster.Order{"nobody": {Ref: "card"}, "too many": {Ref: "card", People: make([]map[string]string, 1001)}, "no poster": {Ref: "own/会员卡", People: people}} {
			if _, err := press.Batch(ctx, "ming", o, ""); err == nil {
				t.Errorf("%s: no error", what)
			}
		}
		g.join(g.group, "阿宁", "")
		check(t, g.app.Store().CatchUp(ctx))
		c := g.posterCode("referral/zh-CN/square")
		b, err = press.Batch(ctx, "ming", poster.Order{Ref: "referral/zh-CN/square", Group: g.group.Key, Code: c.ID}, "")
		check(t, err)
		if b.Total != 1 {
			t.Errorf("of a group: %+v", b)
		}
		await(t, func() bool {
			b, err = press.BatchByID(ctx, b.ID)
			check(t, err)
			return b.State != "waits"
		})
		own, err := press.ForCode(ctx, c.ID)
		check(t, err)
		if b.State != "done" || len(own.Shares) != 1 || own.Shares[0].Name != "阿宁" {
			t.Errorf("a member's own: %+v %+v", b, own)
		}
		g.pass(8 * 24 * time.Hour)
		await(t, func() bool {
			b, err = press.BatchByID(ctx, b.ID)
			check(t, err)
			return b.State == "gone"
		})
		if _, _, err := press.BatchFile(ctx, b.ID); community.CodeOf(err) != community.CodeLate {
			t.Errorf("the file of what is gone: %v", err)
		}
	})
}
