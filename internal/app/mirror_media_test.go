package app_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/sim"
)

// onePixel is a picture.
func onePixel(t *testing.T) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	check(t, err)
	return data
}

func shot(ref string) community.Segment { return community.Segment{Kind: "image", Ref: ref} }

// shows lets the owner of the main group show something there.
func (f *family) shows(text string, class community.Class, parts ...community.Segment) {
	f.t.Helper()
	_, err := f.world.Show("main", "lin", class, text, parts...)
	check(f.t, err)
}

// copyIn waits for the last copy in a group.
func (f *family) copyIn(group string, n int) sim.Sent {
	f.t.Helper()
	var found []sim.Sent
	await(f.t, func() bool {
		found = slices.DeleteFunc(f.world.Sent(), func(s sim.Sent) bool { return s.Group != group })
		return len(found) == n
	})
	return found[n-1]
}

// partsIn are the fates of the newest send into a group.
func (f *family) partsIn(group string) []community.Fate {
	f.t.Helper()
	var got []community.Fate
	await(f.t, func() bool {
		rows, _, err := f.desk.FindActions(f.t.Context(), community.ActionFilter{Group: f.keys[group], Verb: community.Send})
		if err != nil || len(rows) == 0 || rows[0].State != community.Acked && rows[0].State != community.Confirmed {
			return false
		}
		got = rows[0].Parts
		return true
	})
	return got
}

func TestMirroredPictureIsFetchedOnceAndUploadedToEachGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 3)
		pixel := onePixel(t)
		f.world.Put("sim:p1", pixel)
		check(t, f.mirrors("main", "sub1", "sub2", "sub3"))
		f.world.Takes("sub3", connect.Media{}) // knows only words
		f.shows("[图片]", community.Image, shot("sim:p1"))
		for _, g := range []string{"sub1", "sub2"} {
			s := f.copyIn(g, 1)
			i := slices.IndexFunc(s.Segments, func(x community.Segment) bool { return x.Kind == "image" })
			if i < 0 || s.Segments[i].File != nil {
				t.Errorf("%s: %+v, want the picture passed on inside the account that heard it", g, s.Segments)
			}
			if got := f.partsIn(g); len(got) != 1 || got[0].How != community.PartSame {
				t.Errorf("%s: parts = %+v, want one passed on", g, got)
			}
		}
		s := f.copyIn("sub3", 1)
		if len(s.Segments) != 0 || !strings.Contains(s.Text, "[图片没能转过来：本群的平台发不了]") || !strings.HasPrefix(s.Text, "【读书main】林晓：") {
			t.Errorf("words only: %q %+v", s.Text, s.Segments)
		}
		if got := f.partsIn("sub3"); len(got) != 1 || got[0].How != community.PartWords || got[0].Code != community.CodeUnsupported {
			t.Errorf("parts = %+v, want words because it is not supported", got)
		}
	})
}

func TestExpiredAddressBecomesWordsAndNoBrokenPicture(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 1)
		check(t, f.mirrors("main", "sub1"))
		old := shot("https://pictures.example/1.png")
		old.Expires = time.Now().Add(-time.Minute).UnixMilli()
		f.shows("[图片]", community.Image, old, community.Segment{Kind: "text", Text: "看这里"})
		s := f.copyIn("sub1", 1)
		if !strings.Contains(s.Text, "[图片没能转过来：原地址已过期]看这里") || len(s.Segments) != 0 {
			t.Errorf("copy = %q %+v, want words with the reason", s.Text, s.Segments)
		}
		if got := f.partsIn("sub1"); len(got) != 1 || got[0].Code != community.CodeLate {
			t.Errorf("parts = %+v, want late", got)
		}
		if _, err := os.Stat(filepath.Join(f.dir, "media")); err == nil {
			t.Error("something was kept of an address that had expired")
		}
	})
}

// TestPictureReachesAnotherAccountAsContent: what only the account that heard it can read is uploaded by the other.
func TestPictureReachesAnotherAccountAsContent(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 1)
		f.world.AddGroup("far", "读书far", sim.Member{Who: community.Who{ID: "10001", Name: "小助手二", Role: community.RoleAdmin}},
			sim.Member{Who: community.Who{ID: "wu", Name: "老吴"}})
		_, err := f.app.Hands(f.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "sim", Name: "小助手二", Enabled: true, Settings: []byte(`{"scene":"family","self":"10001"}`)}, "")
		check(t, err)
		await(t, func() bool {
			rows, _, err := f.desk.FindGroups(t.Context(), community.GroupFilter{Text: "读书far"})
			if err == nil && len(rows) == 1 {
				f.keys["far"] = rows[0].Key
			}
			return f.keys["far"] != 0
		})
		check(t, f.mirrors("main", "far"))
		pixel := onePixel(t)
		f.world.Put("sim:p1", pixel)
		f.world.Put("sim:p2", pixel) // the same picture under another address
		f.shows("[图片][图片]", community.Image, shot("sim:p1"), shot("sim:p2"), community.Segment{Kind: "text", Text: "两张"})
		s := f.copyIn("far", 1)
		sent := 0
		for _, seg := range s.Segments {
			if seg.File != nil && string(seg.File.Data) == string(pixel) && seg.File.Type == "image/png" {
				sent++
			}
		}
		got := f.partsIn("far")
		if sent != 2 || len(got) != 2 || got[0].How != community.PartUploaded || got[0].Bytes != int64(len(pixel)) || got[0].Hash != got[1].Hash {
			t.Errorf("sent %d pictures, parts %+v; want both as content, of one hash", sent, got)
		}
		files, err := filepath.Glob(filepath.Join(f.dir, "media", "*", "*"))
		if err != nil || len(files) != 1 {
			t.Errorf("kept %v, %v; want one file for two addresses", files, err)
		}
		f.world.Put("sim:p3", nil)
		f.shows("[图片]", community.Image, shot("sim:p3"))
		if late := f.copyIn("far", 2); !strings.Contains(late.Text, "原地址已过期") {
			t.Errorf("gone at its source: %q, want the reason", late.Text)
		}
	})
}
