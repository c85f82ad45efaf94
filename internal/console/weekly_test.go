package console

import (
	"archive/zip"
	"html"
	"image/png"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/poster"
)

func pressHouse(t *testing.T) (*press, *house, Deps) {
	h := newHouse()
	p := newPress(h)
	d := h.fullDeps()
	d.Weeklies = func(community.OrgKey, []community.GroupKey) Weeklies { return p }
	d.Comparisons = func(community.OrgKey, []community.GroupKey) Comparisons { return p }
	return p, h, d
}

func TestWeeklyReportIsShownAndOrdered(t *testing.T) {
	p, _, d := pressHouse(t)
	v := openWith(t, d).as("owner")
	_, list := v.get("/weekly")
	says(t, "the list", list, "没有设置邮件服务器", "ops@example.com", "https://hooks.example.com/…", "周一 9:00", "1 个群", "暂停", "没有邮件服务器，请下载")
	if strings.Contains(list, "s3cret-path") {
		t.Error("the list shows a webhook's path")
	}
	_, form := v.get("/weekly/" + fakeID(971).String())
	says(t, "the form", form, "最近的周报", "没送到", "预览", "checked")
	good := []string{"user", fakeID(1).String(), "way", "mail", "address", "a@example.com", "weekday", "2", "hour", "7", "lang", "en", "in_" + fakeID(20).String(), "1"}
	_, page := v.post("/weekly", good...)
	says(t, "what follows", page, "已保存")
	if !slices.Contains(p.did, "save by "+fakeID(1).String()+" to a@example.com groups 1 at 2:7") {
		t.Errorf("did %q", p.did)
	}
	for name, bad := range map[string][]string{"address": {"address", "nobody"}, "secret": {"way", "webhook", "address", "https://x.example/h"}, "hour": {"hour", "77"}, "weekday": {"weekday", "x"}, "lang": {"lang", "fr"}, "way": {"way", "pigeon"}} {
		if status, body := v.post("/weekly", append(bad, good...)...); status != 422 || !strings.Contains(body, "alert") {
			t.Errorf("bad %s = %d", name, status)
		}
	}
	for _, do := range []string{"send", "pause", "resume", "drop"} {
		v.post("/weekly/" + fakeID(970).String() + "/" + do)
		if !slices.Contains(p.did, do) {
			t.Errorf("%s did not reach the house: %q", do, p.did)
		}
	}
	for _, none := range []string{"/weekly/" + fakeID(99).String(), "/weekly/nonsense", "/weekly/" + fakeID(981).String() + "/sent"} {
		if status, _ := v.get(none); status != 404 {
			t.Errorf("%s = %d", none, status)
		}
	}
}

// TestWeeklyReportCanBeReadAndTaken: in words, as a text, and as rows that a spreadsheet does not run.
func TestWeeklyReportCanBeReadAndTaken(t *testing.T) {
	_, h, d := pressHouse(t)
	v := openWith(t, d).as("mod")
	for _, at := range []string{"/weekly/preview", "/weekly/" + fakeID(970).String() + "/preview", "/weekly/" + fakeID(980).String() + "/sent"} {
		status, body := v.get(at)
		says(t, at, body, "12,345", "已知 7/7", "晨读一群", "上周", "下载")
		if status != 200 || strings.Contains(body, "<script>alert") || strings.Contains(body, "\u202e") {
			t.Errorf("%s = %d, or a name that is not shown as it is", at, status)
		}
		_, text := v.get(at + "?as=txt")
		says(t, "the text", text, "群周报 2026-11-16 到 2026-11-22", "== 晨读一群 ==", "http://qun.example/activity?g=")
		_, sheet := v.get(at + "?as=csv")
		says(t, "the rows", sheet, "activity.messages", "12345", "n")
	}
	if status, _ := v.get("/weekly/new"); status != 403 {
		t.Errorf("a moderator orders: %d", status)
	}
	h.quiet = true
	_, empty := v.get("/weekly")
	says(t, "the empty list", empty, "还没有人订周报")
	h.err = community.Errorf(community.CodeBusy, "full")
	if status, _ := v.get("/weekly"); status != 503 {
		t.Errorf("a failing house = %d", status)
	}
}

func TestGroupsAreComparedAndTaken(t *testing.T) {
	_, h, d := pressHouse(t)
	v := openWith(t, d).as("mod")
	_, page := v.get("/compare")
	says(t, "without a choice", page, "选 2 到 4 个群")
	q := "?g1=" + h.groups[0].ID.String() + "&g2=" + h.groups[1].ID.String() + "&from=2026-11-01&to=2026-11-20"
	status, page := v.get("/compare" + q)
	says(t, "two groups", page, "12,345", "n = 9（发言人）", "太少，说不准", "5/10 (50.0%)", "留存", "五个数（AARRR）", "XLSX")
	if status != 200 {
		t.Errorf("two groups = %d", status)
	}
	_, sheet := v.get("/compare.csv" + q)
	says(t, "the rows", sheet, "activity.top10", "0.5", "low_cover", "2026-11-20")
	if n := strings.Count(sheet, "\n"); n < 80 {
		t.Errorf("%d rows", n)
	}
	_, book := v.get("/compare.xlsx" + q)
	z, err := zip.NewReader(strings.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var all string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(r)
		r.Close()
		all += string(raw)
	}
	says(t, "the workbook", all, "activity.messages", "<v>12345</v>")
	_, page = v.get("/compare?g1=" + h.groups[0].ID.String() + "&g2=" + h.groups[0].ID.String())
	says(t, "one group twice", page, "要 2 到 4 个不同的群")
	for bad, want := range map[string]int{"/compare?g1=nonsense": 404, "/compare.csv": 422, "/compare.xlsx?g1=" + h.groups[0].ID.String(): 422} {
		if status, _ := v.get(bad); status != want {
			t.Errorf("%s = %d, want %d", bad, status, want)
		}
	}
	_, page = v.get("/compare" + strings.Replace(q, "2026-11-01", "soon", 1))
	says(t, "bad dates", page, "366")
}

// TestChartsCanBeTakenAsPictures: each chart of an insight page leads to itself as a PNG, of the group and the days of the page.
func TestChartsCanBeTakenAsPictures(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	g := fakeID(20).String()
	for at, least := range map[string]int{"/activity?days=30&g=" + g: 6, "/retention?g=" + g: 1, "/questions?days=30&g=" + g: 1, "/members/" + fakeID(40).String(): 1} {
		_, page := v.get(at)
		links := pictureLinks.FindAllStringSubmatch(page, -1)
		if len(links) < least {
			t.Errorf("%s offers %d pictures, want %d", at, len(links), least)
		}
		for _, l := range links {
			status, raw := v.get(html.UnescapeString(l[1]))
			img, err := png.Decode(strings.NewReader(raw))
			if status != 200 || err != nil || img.Bounds().Dx() < 1000 {
				t.Errorf("%s = %d, %v", l[1], status, err)
			}
		}
	}
	for _, none := range []string{"/activity?png=nothing", "/questions?png=curve-9", "/retention?png=curve-9&g=" + g} {
		if status, _ := v.get(none); status != 404 {
			t.Errorf("%s = %d", none, status)
		}
	}
}

var pictureLinks = regexp.MustCompile(`href="([^"]*png=[^"]*)"`)

func TestPathsAreReadAsTheyAreDrawn(t *testing.T) {
	spots, err := spotsOf("M0 0H12.5V40H640Z")
	if err != nil || len(spots) != 4 || spots[2] != (poster.Spot{X: 12.5, Y: 40}) || spots[3].X != 640 {
		t.Errorf("spots = %v, %v", spots, err)
	}
	for _, bad := range []string{"L1 2", "M1", "H", "Hx", "M0 0C1 1", "Z1"} {
		if _, err := spotsOf(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	if spots, err := spotsOf(""); err != nil || spots != nil {
		t.Errorf("no path = %v, %v", spots, err)
	}
}
