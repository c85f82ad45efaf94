package fault

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// running starts a house's intake; it stops with the test.
func running(t *testing.T, h *house) connect.Host {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); _ = h.intake.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended; check(t, h.close()) })
	return h.intake.Host(h.account, "qq")
}

// texts gives the messages of the log by their ids.
func messages(t *testing.T, st *store.Store) []string {
	t.Helper()
	var list []string
	for ev, err := range st.Events(t.Context(), store.EventScan{}) {
		check(t, err)
		if ev.Type == community.MessageCreated {
			list = append(list, ev.Body.Message)
		}
	}
	return list
}

// Fail the first statement, then the second, and so on until a run passes untouched: each time the sender is told, the
// log holds nothing of it, and sending again gives what an undisturbed run gives.
func TestEveryStatementMayFail(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { failing(t, "") })
	t.Run("postgres", func(t *testing.T) { failing(t, storetest.PostgresURL(t)) })
}

var errDisk = errors.New("the disk says no")

func failing(t *testing.T, url string) {
	left := -1 // statements until one fails; negative = none
	before := func(string) error {
		if left--; left == 0 {
			return errDisk
		}
		return nil
	}
	h, err := openWith(t.Context(), store.Options{URL: url, DataDir: t.TempDir(), Clock: time.Now, Before: before}, "failing")
	check(t, err)
	check(t, h.publish(t.Context()))
	host := running(t, h)
	for i := 1; ; i++ {
		if i > 300 {
			t.Fatal("300 statements for three messages")
		}
		list := []inbound{trouble(i, 0, "加我微信领红包，代开发票"), trouble(i, 1, "早上好"), trouble(i, 2, "群规")}
		left = i
		err := host.Receive(t.Context(), list...)
		untouched := left > 0
		left = -1
		if untouched {
			check(t, err)
			t.Logf("%d statements", i-1)
			break
		}
		if !errors.Is(err, errDisk) {
			t.Fatalf("statement %d failed and the sender heard %v", i, err)
		}
		if got := mine(messages(t, h.store), i); len(got) > 0 {
			t.Fatalf("statement %d failed, the sender was told so, and the log holds %v", i, got)
		}
		check(t, host.Receive(t.Context(), list...))
		if got := mine(messages(t, h.store), i); len(got) != 3 {
			t.Fatalf("after failing at statement %d the log holds %v, want three messages", i, got)
		}
	}
	gapless(t, h.store)
	raw := database(t, url, filepath.Dir(h.platform.path))
	decidedAsReplayed(t, h.store, raw)
	var actions, jobs int
	check(t, raw.QueryRow(`SELECT count(*) FROM action`).Scan(&actions))
	check(t, raw.QueryRow(`SELECT count(*) FROM job WHERE kind = 'action'`).Scan(&jobs))
	if actions == 0 || actions != jobs {
		t.Errorf("%d actions and %d jobs, want one each", actions, jobs)
	}
}

// Let every statement in turn be the one at which the database makes the belt give way to another transaction: the batch is
// made again, the sender hears nothing of it, and everything is there once.
func TestCrossingWithAnotherTransactionIsMadeAgain(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { crossing(t, "") })
	t.Run("postgres", func(t *testing.T) { crossing(t, storetest.PostgresURL(t)) })
}

func crossing(t *testing.T, url string) {
	left := -1 // statements until one gives way; negative = none
	before := func(string) error {
		if left--; left == 0 {
			return &pgconn.PgError{Code: "40P01", Message: "deadlock detected"}
		}
		return nil
	}
	h, err := openWith(t.Context(), store.Options{URL: url, DataDir: t.TempDir(), Clock: time.Now, Before: before}, "crossing")
	check(t, err)
	check(t, h.publish(t.Context()))
	host := running(t, h)
	for i := 1; ; i++ {
		if i > 300 {
			t.Fatal("300 statements for three messages")
		}
		left = i
		check(t, host.Receive(t.Context(), trouble(i, 0, "加我微信领红包，代开发票"), trouble(i, 1, "早上好"), trouble(i, 2, "群规")))
		untouched := left > 0
		left = -1
		if got := mine(messages(t, h.store), i); len(got) != 3 {
			t.Fatalf("after crossing at statement %d the log holds %v, want three messages", i, got)
		}
		if untouched {
			break
		}
	}
	gapless(t, h.store)
	decidedAsReplayed(t, h.store, database(t, url, filepath.Dir(h.platform.path)))
}

// trouble is a message of the ith round, in a group of its own every second round: first seen and known.
func trouble(i, n int, text string) inbound {
	return inbound{
		Type: community.MessageCreated, Key: fmt.Sprintf("t%d-%d", i, n), Group: community.Ref{ID: fmt.Sprint("g", i%groupsAll)},
		Actor: community.Who{ID: fmt.Sprintf("n%d-%d", i, n)}, Body: community.Body{Text: text, Message: fmt.Sprintf("t%d-%d", i, n)},
	}
}

func mine(all []string, i int) []string {
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, fmt.Sprintf("t%d-", i)) })
}

func TestLockedDatabaseIsBusyAndNothingIsAcknowledged(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		locked(t, "", dir, "sqlite", "file:"+filepath.Join(dir, "qunluo.db"), "BEGIN IMMEDIATE")
	})
	t.Run("postgres", func(t *testing.T) {
		url := storetest.PostgresURL(t)
		locked(t, url, t.TempDir(), "pgx", url, "BEGIN; SELECT n FROM log_head FOR UPDATE")
	})
}

// locked lets somebody else hold what every commit needs.
func locked(t *testing.T, url, dir, driver, dsn, hold string) {
	h, err := open(t.Context(), url, dir, "locked", time.Now)
	check(t, err)
	host := running(t, h)
	check(t, host.Receive(t.Context(), message(1)))
	other, err := sql.Open(driver, dsn)
	check(t, err)
	defer other.Close()
	other.SetMaxOpenConns(1)
	_, err = other.Exec(hold)
	check(t, err)
	if err := host.Receive(t.Context(), message(2)); community.CodeOf(err) != community.CodeBusy {
		t.Fatalf("err = %v, want busy", err)
	}
	if got := messages(t, h.store); !slices.Equal(got, []string{"1"}) {
		t.Fatalf("log = %v, want only the message before the lock", got)
	}
	_, err = other.Exec("ROLLBACK")
	check(t, err)
	check(t, host.Receive(t.Context(), message(2)))
	if got := messages(t, h.store); !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("log = %v, want 1 and 2", got)
	}
}

func TestCutConnectionIsBusyAndTheBeltGoesOn(t *testing.T) {
	url := storetest.PostgresURL(t)
	h, err := open(t.Context(), url, t.TempDir(), "cut", time.Now)
	check(t, err)
	host := running(t, h)
	admin, err := sql.Open("pgx", url)
	check(t, err)
	defer admin.Close()
	sent, told := 0, 0
	for i := range 20 {
		if i%3 == 0 {
			_, err := admin.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qunluo' AND pid <> pg_backend_pid()`)
			check(t, err)
		}
		err := host.Receive(t.Context(), message(i))
		if err != nil {
			told++
			if community.CodeOf(err) != community.CodeBusy {
				t.Fatalf("err = %v, want busy", err)
			}
			for try := 0; err != nil; try++ { // idle connections may all have been cut
				if try == 20 {
					t.Fatal(err)
				}
				err = host.Receive(t.Context(), message(i))
			}
		}
		sent++
	}
	if n := len(messages(t, h.store)); n != sent {
		t.Errorf("%d messages in the log, %d acknowledged", n, sent)
	}
	t.Logf("%d of %d were told to try again", told, sent)
	gapless(t, h.store)
}

func TestFullDiskIsBusyAndTheBeltGoesOnWhenThereIsSpace(t *testing.T) {
	dir := smallDisk(t, "12m")
	h, err := open(t.Context(), "", dir, "full", time.Now)
	check(t, err)
	host := running(t, h)
	check(t, host.Receive(t.Context(), message(0)))
	ballast := filepath.Join(dir, "ballast")
	fill(t, ballast)
	acked := map[int]bool{0: true}
	refused := 0
	for n := 1; n < 4000 && refused == 0; n++ {
		in := message(n)
		in.Body.Text = strings.Repeat("很长的话", 500)
		err := host.Receive(t.Context(), in)
		if err == nil {
			acked[n] = true
			continue
		}
		if community.CodeOf(err) != community.CodeBusy {
			t.Fatalf("err = %v, want busy", err)
		}
		refused = n
	}
	if refused == 0 {
		t.Fatal("the disk never was full")
	}
	if got := messages(t, h.store); slices.Contains(got, fmt.Sprint(refused)) || len(got) != len(acked) {
		t.Fatalf("%d messages in the log, %d acknowledged; the refused one is there: %v", len(got), len(acked), slices.Contains(got, fmt.Sprint(refused)))
	}
	check(t, os.Remove(ballast))
	check(t, host.Receive(t.Context(), message(refused)))
	acked[refused] = true
	eachOnce(t, h.store, acked)
	gapless(t, h.store)
	t.Logf("full after %d messages", refused)
}

// smallDisk mounts a disk of a size for the test; it skips where that is not allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "mount") {
			t.Fatal(err)
		}
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { check(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// fill writes a file until the disk has no more than 256 KiB left.
func fill(t *testing.T, path string) {
	t.Helper()
	var st syscall.Statfs_t
	check(t, syscall.Statfs(filepath.Dir(path), &st))
	free := int64(st.Bavail)*st.Bsize - 256<<10
	check(t, os.WriteFile(path, make([]byte, max(0, free)), 0o600))
}
