package app_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/store"
)

// TestUploadWithoutAZoneAsksAndMarksTheGuess brings a file without a zone in through the pages: the trial asks, what is
// left unsaid is marked on every event, what a person stated is not.
func TestUploadWithoutAZoneAsksAndMarksTheGuess(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		for _, c := range []struct {
			zone    string
			guessed bool
			at      int64
		}{{"", true, 1714525387000}, {"Asia/Tokyo", false, 1714521787000}} {
			s.upload("/imports", "/imports", written(t, "qq.txt", qqChat), map[string]string{"new_group": "群" + c.zone})
			trial := s.newestImport("dry")
			at := "/imports/" + trial.ID.String()
			if _, body := s.get(at); !strings.Contains(body, "没有时区") || !strings.Contains(body, "猜的") {
				t.Fatalf("the trial does not ask for the zone: %s", excerpt(body))
			}
			if c.zone != "" {
				s.does(at, at+"/again", url.Values{"zone": {c.zone}, "new_group": {"群" + c.zone}})
				await(t, func() bool { again := s.newestImport("dry"); return again.ID != trial.ID })
				at = "/imports/" + s.newestImport("dry").ID.String()
				if _, body := s.get(at); strings.Contains(body, "猜的）") {
					t.Errorf("a stated zone is called a guess: %s", excerpt(body))
				}
			}
			s.does(at, at+"/commit", url.Values{})
			run := s.newestImport("done")
			n := 0
			for ev, err := range s.app.Store().Events(t.Context(), store.EventScan{Group: run.Group, Type: community.MessageCreated}) {
				check(t, err)
				if n++; strings.Contains(ev.Body.Source, "zone_guessed") != c.guessed {
					t.Errorf("zone %q: source %q, want the mark: %v", c.zone, ev.Body.Source, c.guessed)
				}
				if n == 1 && ev.OccurredAt != c.at {
					t.Errorf("zone %q: first at %d, want %d", c.zone, ev.OccurredAt, c.at)
				}
			}
			if n != 2 {
				t.Errorf("zone %q: %d messages, want 2", c.zone, n)
			}
		}
	})
}

// newestImport waits until the newest run is in a state.
func (s *shift) newestImport(state string) community.ImportRow {
	s.t.Helper()
	var run community.ImportRow
	await(s.t, func() bool {
		rows, _, err := s.desk.FindImports(s.t.Context(), community.Page{})
		if err != nil || len(rows) == 0 {
			return false
		}
		run = rows[0]
		return run.State == state
	})
	return run
}

// TestFilesOfTrialsAreNotKeptForEver: what nobody imported in earnest within seven days is removed, and the page says so.
func TestFilesOfTrialsAreNotKeptForEver(t *testing.T) {
	s := startShift(t, "", "")
	s.upload("/imports", "/imports", written(t, "qq.txt", qqChat), nil)
	trial := s.newestImport("dry")
	found, err := filepath.Glob(filepath.Join(os.TempDir(), t.Name()+"*", "*", "imports", trial.ID.String()))
	check(t, err)
	if len(found) != 1 {
		t.Fatalf("the trial's folder = %v", found)
	}
	dir, long := found[0], time.Now().Add(-8*24*time.Hour)
	check(t, os.Chtimes(dir, long, long))
	check(t, s.app.Store().AddJob(t.Context(), store.Job{Kind: "wipe-undone", Key: "test", RunAt: s.app.Now()}))
	await(t, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
	at := "/imports/" + trial.ID.String()
	if body := s.does(at, at+"/commit", url.Values{}); !strings.Contains(body, "重新上传") {
		t.Errorf("a trial whose file is gone says: %s", excerpt(body))
	}
}
