package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/console"
	"qunluo/internal/store/storetest"
)

// house opens a house on a database and keeps it running until the test ends.
func house(t *testing.T, url string) *app.App { return houseAt(t, url, nil) }

// houseAt is a house with a clock of the test's.
func houseAt(t *testing.T, url string, clock func() time.Time) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), app.Options{Config: config.Config{DataDir: storetest.DataDir(t), Database: config.Database{URL: url}}, Clock: clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// They run beside each other, for much of their time is waiting; what they share must last until both are over.
func onBoth(t *testing.T, run func(t *testing.T, url string)) {
	t.Parallel() // beside the tests of other houses, too: they wait more than they work
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); run(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); run(t, storetest.PostgresURL(t)) })
}

// history writes a ChatLab file of n messages by three people, a minute apart.
func history(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767225600},"meta":{"name":"晨读一群","platform":"wechat","type":"group","groupId":"1@chatroom"}}` + "\n")
	for i := range n {
		fmt.Fprintf(&b, `{"_type":"message","platformMessageId":"m%d","sender":"u%d","accountName":"阿敏%d","timestamp":%d,"type":0,"content":"今天读第%d章"}`+"\n",
			i, i%3, i%3, 1767229200+60*i, i)
	}
	path := filepath.Join(t.TempDir(), "晨读.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImportCountsOnceUndoesWholeAndComesAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := house(t, url)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		path := history(t, 300)
		take := func(want int64) community.ImportRow {
			t.Helper()
			rep, run, err := a.Import(ctx, "cli", org, console.ImportOrder{}, []string{path}, nil)
			check(t, err)
			if !rep.AddUp() || rep.Added != want || rep.Rows < 300 {
				t.Fatalf("report = %+v, want %d added and figures that add up", rep.Counts, want)
			}
			return run
		}
		messages := func(want int) {
			t.Helper()
			check(t, a.Store().CatchUp(ctx))
			desk := a.Store().For(community.Scope{Org: org})
			rows, _, err := desk.FindMessages(ctx, community.MessageFilter{Text: "读第", Limit: 200})
			check(t, err)
			if len(rows) != want {
				t.Fatalf("search finds %d messages, want %d", len(rows), want)
			}
		}
		first := take(300)
		messages(200)
		take(0)
		check(t, a.Hands(org, nil).SetMode(ctx, "cli", first.Group, community.Observe, ""))
		check(t, a.UndoImport(ctx, "cli", org, first.ID, "试一试"))
		messages(0)
		await(t, func() bool { busy, err := a.Store().Releasing(ctx); return err == nil && !busy })
		take(300)
		messages(200)
	})
}

func TestExportComesBackEqual(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := house(t, url)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		_, run, err := a.Import(ctx, "cli", org, console.ImportOrder{}, []string{history(t, 50)}, nil)
		check(t, err)
		var out bytes.Buffer
		n, err := a.Export(ctx, org, run.Group, "chatlab-jsonl", 0, 0, &out, nil)
		check(t, err)
		if n < 50 {
			t.Errorf("exported %d events, want at least 50", n)
		}
		path := filepath.Join(t.TempDir(), "again.jsonl")
		check(t, os.WriteFile(path, out.Bytes(), 0o600))
		rep, _, err := a.Import(ctx, "cli", org, console.ImportOrder{}, []string{path}, nil)
		check(t, err)
		if rep.Added != 0 || rep.Bad != 0 {
			t.Errorf("our own export read back: %+v, want nothing new and nothing bad", rep.Counts)
		}
	})
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await polls for a state that background work brings about.
func await(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute) // for a machine with much else to do
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about within a minute")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestLocalArchiveMayBeLargerThanAnUpload imports an archive with more files than an upload may hold.
func TestLocalArchiveMayBeLargerThanAnUpload(t *testing.T) {
	a := house(t, "")
	org, err := a.Store().Org(t.Context(), "测试", false)
	check(t, err)
	path := filepath.Join(t.TempDir(), "logs.zip")
	f, err := os.Create(path)
	check(t, err)
	z := zip.NewWriter(f)
	const files = 1100
	for i := range files {
		day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		w, err := z.Create(day.Format("2006/01/02") + "/#reading.txt")
		check(t, err)
		_, err = fmt.Fprintf(w, "[09:00] <min> 第%d天早安\n", i)
		check(t, err)
	}
	check(t, z.Close())
	check(t, f.Close())
	rep, _, err := a.Import(t.Context(), "cli", org, console.ImportOrder{}, []string{path}, nil)
	check(t, err)
	if rep.Added != files {
		t.Errorf("added %d of %d days", rep.Added, files)
	}
}
