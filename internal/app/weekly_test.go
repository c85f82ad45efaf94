package app_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/measure"
	"qunluo/internal/notify"
)

// hearer is a receiver of webhooks that may fail at first; it checks the signature and keeps what it was sent.
type hearer struct {
	mu    sync.Mutex
	srv   *httptest.Server
	fails int
	got   []string // webhook-id and body
}

func newHearer(t *testing.T) *hearer {
	h := &hearer{}
	h.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		id := r.Header.Get("webhook-id")
		if r.Header.Get("webhook-signature") != notify.Sign(bellSecret, id, r.Header.Get("webhook-timestamp"), body) {
			t.Error("a webhook that is not signed")
		}
		if h.fails > 0 {
			h.fails--
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		h.got = append(h.got, id+" "+string(body))
	}))
	t.Cleanup(h.srv.Close)
	return h
}

func (h *hearer) heard() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got)
}

// TestWeeklyReportGoesOutOnceAWeek: whatever restarts or clocks do, once; what fails is tried again with the same id; who may no longer
// sign in gets nothing.
func TestWeeklyReportGoesOutOnceAWeek(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		n := startNight(t, url, `{"scene":"quiet"}`)
		ctx, ear := t.Context(), newHearer(t)
		ear.fails = 1
		now := time.Now().Add(time.Duration(n.ahead.Load()))
		order := measure.WeeklyOrder{User: n.id("anna"), Weekday: (int(now.Weekday()) + 6) % 7, Hour: 9, Lang: "zh-CN", Way: duty.ByWebhook, Address: ear.srv.URL + "/x", Secret: bellSecret}
		v, err := n.app.Weeklies(n.org, nil).SaveOrder(ctx, n.id("ming"), order, "")
		check(t, err)
		if v.Secret != "" {
			t.Error("the secret is given out")
		}
		if len(ear.heard()) != 0 {
			t.Error("sent before its time")
		}
		n.pass(8 * 24 * time.Hour)
		await(t, func() bool { return len(ear.heard()) == 1 })
		n.end()
		n.open()
		n.pass(time.Hour)
		n.pass(-3 * time.Hour) // a clock that runs back
		weekRun := func(want int) []measure.ReportRun {
			var runs []measure.ReportRun
			await(t, func() bool {
				runs, err = n.app.Weeklies(n.org, nil).Runs(ctx, v.ID)
				return err == nil && len(runs) == want && !slices.ContainsFunc(runs, func(r measure.ReportRun) bool {
					return r.State == measure.ReportWaits || r.State == measure.ReportRetry
				})
			})
			return runs
		}
		runs := weekRun(1)
		if runs[0].State != measure.ReportSent || runs[0].Attempts != 2 || runs[0].Report == nil || len(runs[0].Report.Sections) != 2 {
			t.Fatalf("run = %+v", runs[0])
		}
		said := ear.heard()[0]
		for _, want := range []string{"weekly." + runs[0].ID.String(), `"type":"report.weekly"`, "activity.messages", "徒步社", "/activity?g=" + n.group.ID.String(), `"n":`} {
			if !strings.Contains(said, want) {
				t.Errorf("the report lacks %q: %.300s", want, said)
			}
		}
		if strings.Contains(said, bellSecret) {
			t.Error("the report holds the secret")
		}
		run, err := n.app.Weeklies(n.org, nil).SendNow(ctx, n.id("ming"), v.ID)
		check(t, err)
		await(t, func() bool { return len(ear.heard()) == 2 })
		if !strings.HasPrefix(ear.heard()[1], "weekly."+run.ID.String()) {
			t.Errorf("by hand = %.60s", ear.heard()[1])
		}
		check(t, n.app.Weeklies(n.org, nil).PauseOrder(ctx, n.id("ming"), v.ID, true, ""))
		n.pass(15 * 24 * time.Hour)
		check(t, n.app.Weeklies(n.org, nil).PauseOrder(ctx, n.id("ming"), v.ID, false, ""))
		if runs := weekRun(2); len(runs) != 2 {
			t.Errorf("made up for: %+v", runs)
		}
		anna := n.users["anna"]
		anna.Enabled = false
		_, err = n.app.Store().SaveUser(ctx, "test", anna, "")
		check(t, err)
		_, err = n.app.Weeklies(n.org, nil).SendNow(ctx, n.id("ming"), v.ID)
		check(t, err)
		if runs := weekRun(3); runs[0].State != measure.ReportFailed || !strings.Contains(runs[0].Error, "sign in") || len(ear.heard()) != 2 {
			t.Errorf("to somebody who may not sign in: %+v", runs[0])
		}
		if _, err := n.app.Weeklies(n.org, nil).SaveOrder(ctx, "x", order, ""); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("an order for them: %v", err)
		}
	})
}

// TestReportStaysWithinItsScope: groups outside of it are neither chosen nor told of.
func TestReportStaysWithinItsScope(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx := t.Context()
	nobody := n.app.Weeklies(n.org, []community.GroupKey{})
	r, err := nobody.Preview(ctx, measure.WeeklyOrder{Lang: "en"})
	check(t, err)
	if len(r.Sections) != 1 || len(r.Sections[0].Lines) != 0 || strings.Contains(nobody.Text(r), n.group.Name) {
		t.Errorf("a scope of no groups is told %+v", r.Sections)
	}
	if _, err := nobody.SaveOrder(ctx, "ming", measure.WeeklyOrder{Groups: []community.GroupKey{n.group.Key}, Lang: "en", Way: duty.ByMail, Address: "a@b.c"}, ""); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("a group outside the scope: %v", err)
	}
	if _, err := n.app.Figures(n.org, []community.GroupKey{}).Beside(ctx, []community.GroupKey{n.group.Key, n.group.Key + 1}, 20_000, 20_010); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("groups outside the scope side by side: %v", err)
	}
}

// takeMail is a mail server that takes one mail in the clear, and gives its text.
func takeMail(t *testing.T) (string, func() string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { ln.Close() })
	mails := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		say := func(s string) { fmt.Fprint(conn, s+"\r\n") }
		say("220 post")
		var all []string
		for r, data := bufio.NewReader(conn), false; ; {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			line = strings.TrimRight(line, "\r\n")
			all = append(all, line)
			switch {
			case data && line == ".":
				data = false
				say("250 taken")
				mails <- strings.Join(all, "\n")
			case data:
			case line == "DATA":
				data = true
				say("354 go")
			case line == "QUIT":
				say("221 bye")
				return
			default:
				say("250 ok")
			}
		}
	}()
	return ln.Addr().String(), func() string { return <-mails }
}

// TestWeeklyReportComesByMail, and where no mail server is set it waits to be downloaded and says so.
func TestWeeklyReportComesByMail(t *testing.T) {
	n := startNight(t, "", `{"scene":"quiet"}`)
	ctx := t.Context()
	v, err := n.app.Weeklies(n.org, nil).SaveOrder(ctx, n.id("ming"), measure.WeeklyOrder{Weekday: 3, Hour: 5, Lang: "en", Way: duty.ByMail, Address: "ming@example.com"}, "")
	check(t, err)
	last := func(want string) measure.ReportRun {
		var run measure.ReportRun
		await(t, func() bool {
			runs, err := n.app.Weeklies(n.org, nil).Runs(ctx, v.ID)
			if err != nil || len(runs) == 0 {
				return false
			}
			run = runs[0]
			return run.State == want
		})
		return run
	}
	_, err = n.app.Weeklies(n.org, nil).SendNow(ctx, n.id("ming"), v.ID)
	check(t, err)
	if run := last(measure.ReportKept); run.Report == nil || !strings.Contains(run.Error, "mail.host") {
		t.Errorf("without a server: %+v", run)
	}
	n.end()
	address, mail := takeMail(t)
	n.cfg.Mail.Host, n.cfg.Mail.From, n.cfg.Mail.TLS = address, "qunluo@example.com", notify.PlainTLS
	n.open()
	_, err = n.app.Weeklies(n.org, nil).SendNow(ctx, n.id("ming"), v.ID)
	check(t, err)
	last(measure.ReportSent)
	letter := mail()
	_, coded, _ := strings.Cut(letter, "auto-generated\n\n")
	coded, _, _ = strings.Cut(coded, "\n.")
	text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(coded, "\n", ""))
	if err != nil || !strings.Contains(string(text), "Members: ") || !strings.Contains(string(text), "n = ") || !strings.Contains(string(text), "/weekly") || !strings.Contains(letter, "RCPT TO:<ming@example.com>") {
		t.Errorf("mail = %s, %v", text, err)
	}
}

// TestWeeklyReportAndComparisonOnTheCommandLine, of two imported channels.
func TestWeeklyReportAndComparisonOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		first := time.Now().UTC().AddDate(0, 0, -30)
		for i := range 30 {
			day := first.AddDate(0, 0, i)
			dir := filepath.Join(w.dir, "log", day.Format("2006"), day.Format("01"), day.Format("02"))
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, channel := range []string{"#hike", "#tea"} {
				text := ""
				for who := range 3 + len(channel) {
					text += fmt.Sprintf("[%02d:00] <p%d> 早\n", 8+who, who)
				}
				if err := os.WriteFile(filepath.Join(dir, channel+".txt"), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.must(t, nil, "import", "--zone", "UTC", filepath.Join(w.dir, "log"))
		var c cli.CompareReport
		w.must(t, &c, "insight", "compare", "#hike", "#tea", "--from", first.Format(time.DateOnly), "--to", first.AddDate(0, 0, 9).Format(time.DateOnly))
		if len(c.Groups) != 2 || len(c.Figures) < 40 {
			t.Fatalf("compared %+v", c.Groups)
		}
		for _, f := range c.Figures {
			if len(f.Cells) != 2 || strings.HasPrefix(f.Shown, "[") {
				t.Errorf("%+v", f)
			}
			if f.Metric == "activity.messages" && (f.Cells[0].Value == nil || *f.Cells[0].Value != 80 || *f.Cells[1].Value != 70 || f.Cells[0].N != 80) {
				t.Errorf("messages = %+v", f.Cells)
			}
		}
		var drawn cli.ChartReport
		w.must(t, &drawn, "insight", "chart", "activity-people", "#hike", "--out", "people.png")
		if raw, err := os.ReadFile(filepath.Join(w.dir, "people.png")); err != nil || len(raw) != drawn.Bytes || !strings.HasPrefix(string(raw), "\x89PNG") {
			t.Errorf("picture = %+v, %v", drawn, err)
		}
		w.must(t, &drawn, "insight", "chart", "retention-part", "#tea")
		var r measure.Report
		w.must(t, &r, "insight", "weekly", "preview", "--report-lang", "en")
		if len(r.Sections) != 3 || r.Sections[0].Group != "" || len(r.Sections[1].Lines) < 10 {
			t.Fatalf("report = %+v", r)
		}
		for _, s := range r.Sections {
			for _, l := range s.Lines {
				if l.Metric == "activity.messages" && (l.Value == nil || l.N == 0 || l.Before == "" || !strings.Contains(l.Link, "/activity")) {
					t.Errorf("%s: %+v", s.Name, l)
				}
			}
		}
		if r.Sections[0].Name != "All chosen groups" {
			t.Errorf("the first section is %q", r.Sections[0].Name)
		}
		if _, text, _ := w.types(t, "insight", "weekly", "preview", "--group", "#tea"); !strings.Contains(text, "== #tea ==") || strings.Contains(text, "#hike") || strings.Contains(text, "NaN") {
			t.Errorf("text = %.400s", text)
		}
		var line cli.WeeklyLine
		w.must(t, &line, "insight", "weekly", "order", "--mail", "ops@example.com", "--weekday", "4", "--hour", "18", "--group", "#tea")
		if line.ID == "" || line.Groups != 1 || line.Next == 0 || line.CanMail || line.Weekday != 4 {
			t.Fatalf("ordered %+v", line)
		}
		id := line.ID
		w.must(t, &line, "insight", "weekly", "order", "--id", id, "--webhook", "https://example.com/h", "--secret", "s3cret")
		if line.ID != id || line.Way != "webhook" || line.Groups != 0 {
			t.Errorf("changed %+v", line)
		}
		w.must(t, &line, "insight", "weekly", "pause", id)
		if !line.Paused || line.Next != 0 {
			t.Errorf("paused %+v", line)
		}
		w.must(t, &line, "insight", "weekly", "resume", id)
		var sent cli.SentLine
		w.must(t, &sent, "insight", "weekly", "send", id)
		if sent.State != "waits" || !sent.Manual {
			t.Errorf("sent %+v", sent)
		}
		var past rows[cli.SentLine]
		w.must(t, &past, "insight", "weekly", "sent", id)
		var list rows[cli.WeeklyLine]
		w.must(t, &list, "insight", "weekly", "list")
		if len(past.Rows) != 1 || len(list.Rows) != 1 || list.Rows[0].Last == "" {
			t.Errorf("past %+v, list %+v", past.Rows, list.Rows)
		}
		for _, bad := range [][]string{{"insight", "chart", "activity-people", "#hike", "--out", "people.png"}, {"insight", "chart", "pie", "#hike"}, {"insight", "chart", "retention-stay"}, {"insight", "chart", "activity-people", "#nowhere"}, {"insight", "compare", "#hike"}, {"insight", "compare", "#hike", "#hike"}, {"insight", "compare", "#hike", "#nowhere"}, {"insight", "compare", "#hike", "#tea", "--from", "soon"},
			{"insight", "weekly", "order"}, {"insight", "weekly", "order", "--mail", "nobody"}, {"insight", "weekly", "order", "--mail", "a@b.c", "--hour", "24"}, {"insight", "weekly", "order", "--webhook", "https://x.example"},
			{"insight", "weekly", "order", "--mail", "a@b.c", "--user", "nobody"}, {"insight", "weekly", "send", "x"}, {"insight", "weekly", "order", "--mail", "a@b.c", "--group", "#nowhere"}} {
			if code, _, _ := w.types(t, bad...); code == cli.ExitDone {
				t.Errorf("%v succeeds", bad)
			}
		}
		w.must(t, nil, "insight", "weekly", "drop", id)
		w.must(t, &list, "insight", "weekly", "list")
		if len(list.Rows) != 0 {
			t.Errorf("dropped: %+v", list.Rows)
		}
	})
}
