package media

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/engine"
	"qunluo/internal/safehttp"
	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

func pixel(t *testing.T) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rig is a shelf with a web of its own and a clock that the test holds.
type rig struct {
	*Shelf
	t    *testing.T
	now  time.Time
	hits atomic.Int64
	web  *httptest.Server
}

func start(t *testing.T, st *store.Store) *rig {
	r := &rig{t: t, now: time.Now()}
	r.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.hits.Add(1)
		switch q.URL.Path {
		case "/a.png", "/b.png":
			_, _ = w.Write(pixel(t))
		case "/page.png":
			fmt.Fprint(w, "<html>expired</html>")
		case "/big.png":
			w.Header().Set("Content-Length", fmt.Sprint(community.MaxMedium+1))
		case "/endless.png":
			for range community.MaxMedium/(1<<20) + 2 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		case "/empty.png":
		case "/later.png":
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.WriteHeader(http.StatusGone)
		}
	}))
	t.Cleanup(r.web.Close)
	web := safehttp.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	r.Shelf = New(filepath.Join(t.TempDir(), "media"), st, web, func() time.Time { return r.now }, func(kind string, code community.Code) string { return "[" + kind + " " + string(code) + "]" })
	return r
}

func (r *rig) picture(path string) community.Segment {
	return community.Segment{Kind: "image", Ref: r.web.URL + path}
}

func takes() connect.Media {
	return connect.Media{Upload: map[string]int64{"image": 1 << 20, "file": 1 << 20}}
}

// ready makes a send of segments ready and gives what is said and what became of the parts.
func (r *rig) ready(way engine.Way, segs ...community.Segment) (community.Action, []string, error) {
	r.t.Helper()
	a, fates, err := r.Ready(r.t.Context(), community.Action{Verb: community.Send, Text: "x", Segments: segs}, way)
	var said []string
	for _, f := range fates {
		said = append(said, strings.TrimSpace(f.How+" "+string(f.Code)))
	}
	return a, said, err
}

func TestContentIsFetchedOnceAndKeptByItsHash(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		r := start(t, st)
		for range 3 {
			a, fates, err := r.ready(engine.Way{Can: takes()}, r.picture("/a.png"))
			if err != nil || !slices.Equal(fates, []string{"uploaded"}) || a.Segments[0].File == nil || a.Segments[0].File.Type != "image/png" || a.Segments[0].File.Name != "a.png" {
				t.Fatalf("ready = %+v, %v, %v", a.Segments, fates, err)
			}
		}
		if _, _, err := r.ready(engine.Way{Can: takes()}, r.picture("/b.png")); err != nil {
			t.Fatal(err)
		}
		files, bytes, err := st.MediaKept(t.Context())
		if err != nil || files != 1 || bytes != int64(len(pixel(t))) || r.hits.Load() != 2 {
			t.Errorf("kept %d files, %d bytes, %d fetches (%v); want one content of two addresses, each fetched once", files, bytes, r.hits.Load(), err)
		}
	})
}

func TestWhatCannotBeHadBecomesWordsThatSayWhy(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		r := start(t, st)
		for path, want := range map[string]string{
			"/gone.png": "words late", "/page.png": "words bad_input", "/big.png": "words too_large", "/endless.png": "words too_large", "/empty.png": "words late",
		} {
			a, fates, err := r.ready(engine.Way{Can: takes()}, r.picture(path), community.Segment{Kind: "text", Text: "!"})
			if err != nil || !slices.Equal(fates, []string{want}) || len(a.Segments) != 0 || !strings.HasPrefix(a.Text, "[image ") || !strings.HasSuffix(a.Text, "]!") {
				t.Errorf("%s: %q %v %v, want %s", path, a.Text, fates, err, want)
			}
		}
		before := r.hits.Load()
		if _, _, err := r.ready(engine.Way{Can: takes()}, r.picture("/gone.png")); err != nil || r.hits.Load() != before {
			t.Errorf("an address that was gone is asked again at once (%v)", err)
		}
		if files, _, err := st.MediaKept(t.Context()); files != 0 || err != nil {
			t.Errorf("kept %d files (%v), want none", files, err)
		}
	})
}

func TestWhatCannotBeHadNowIsTriedAgainAndThenGivenUp(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		r := start(t, st)
		if _, _, err := r.ready(engine.Way{Can: takes()}, r.picture("/later.png")); community.CodeOf(err) != community.CodeUnreachable {
			t.Errorf("first try: %v, want unreachable", err)
		}
		if _, fates, err := r.ready(engine.Way{Can: takes(), Last: true}, r.picture("/later.png")); err != nil || !slices.Equal(fates, []string{"words unreachable"}) {
			t.Errorf("last try: %v %v", fates, err)
		}
		byWeb := takes()
		byWeb.ByWeb = true
		if a, fates, err := r.ready(engine.Way{Can: byWeb}, r.picture("/later.png")); err != nil || !slices.Equal(fates, []string{"address unreachable"}) || a.Segments[0].Ref == "" {
			t.Errorf("where addresses are taken: %v %v", fates, err)
		}
		if _, fates, err := r.ready(engine.Way{Can: byWeb}, r.picture("/gone.png")); err != nil || !slices.Equal(fates, []string{"words late"}) {
			t.Errorf("an expired address: %v %v, want words", fates, err)
		}
	})
}

func TestInsideAddressesAreNotRead(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		r := start(t, st)
		r.Shelf.web = safehttp.New(nil)
		_, fates, err := r.ready(engine.Way{Can: takes()}, r.picture("/a.png"), community.Segment{Kind: "image", Ref: "file:///etc/passwd"})
		if err != nil || !slices.Equal(fates, []string{"words forbidden", "words unsupported"}) || r.hits.Load() != 0 {
			t.Errorf("fates = %v, %v, %d calls", fates, err, r.hits.Load())
		}
	})
}

func TestLimitsOfTheTargetHold(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		r := start(t, st)
		for name, tc := range map[string]struct {
			can  connect.Media
			want []string
		}{
			"one":        {connect.Media{Upload: map[string]int64{"image": 1 << 20}, Most: 1}, []string{"uploaded", "words limited"}},
			"small":      {connect.Media{Upload: map[string]int64{"image": 5}}, []string{"words too_large", "words too_large"}},
			"other type": {connect.Media{Upload: map[string]int64{"image": 1 << 20}, Only: map[string][]string{"image": {"image/jpeg"}}}, []string{"words unsupported", "words unsupported"}},
			"nothing":    {connect.Media{}, []string{"words unsupported", "words unsupported"}},
			"addresses":  {connect.Media{ByWeb: true}, []string{"address", "address"}},
		} {
			if _, fates, err := r.ready(engine.Way{Can: tc.can}, r.picture("/a.png"), r.picture("/b.png")); err != nil || !slices.Equal(fates, tc.want) {
				t.Errorf("%s: %v, %v; want %v", name, fates, err, tc.want)
			}
		}
	})
}

func TestStickersOfOtherPlatformsBecomePictures(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		r := start(t, open(t))
		sticker := community.Segment{Kind: "face", Ref: r.web.URL + "/a.png", Text: "😀"}
		a, fates, err := r.ready(engine.Way{Can: takes()}, sticker, community.Segment{Kind: "face", Ref: "14"})
		if err != nil || !slices.Equal(fates, []string{"uploaded"}) || a.Segments[0].Kind != "image" || a.Segments[0].File == nil || a.Segments[1].Kind != "face" {
			t.Errorf("elsewhere: %+v, %v, %v", a.Segments, fates, err)
		}
		if a, fates, err := r.ready(engine.Way{Can: takes(), Same: true}, sticker); err != nil || len(fates) != 0 || a.Segments[0].Kind != "face" {
			t.Errorf("where it came from: %+v, %v, %v", a.Segments, fates, err)
		}
		foreign := community.Segment{Kind: "face", Ref: "telegram:CAAC"}
		if a, fates, err := r.ready(engine.Way{Can: takes()}, foreign); err != nil || !slices.Equal(fates, []string{"words unsupported"}) || len(a.Segments) != 0 {
			t.Errorf("unreadable: %+v, %v, %v; want words, no broken picture", a.Segments, fates, err)
		}
	})
}

func TestUnwantedContentIsForgottenAndStrayFilesGo(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.Store) {
		st := open(t)
		r := start(t, st)
		if _, _, err := r.ready(engine.Way{Can: takes()}, r.picture("/a.png")); err != nil {
			t.Fatal(err)
		}
		stray := filepath.Join(r.dir, "half-1")
		if err := os.WriteFile(stray, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.now = r.now.Add(2 * time.Hour)
		if err := r.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(stray); err == nil {
			t.Error("a stray file stayed")
		}
		if files, _, err := st.MediaKept(t.Context()); files != 1 || err != nil {
			t.Errorf("after two hours %d files (%v), want 1", files, err)
		}
		r.now = r.now.Add(KeepFor)
		if err := r.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		left := 0
		_ = filepath.WalkDir(r.dir, func(_ string, d os.DirEntry, _ error) error {
			if !d.IsDir() {
				left++
			}
			return nil
		})
		if files, _, err := st.MediaKept(t.Context()); files != 0 || err != nil || left != 0 {
			t.Errorf("after a week %d rows, %d files (%v), want none", files, left, err)
		}
		if _, fates, err := r.ready(engine.Way{Can: takes()}, r.picture("/a.png")); err != nil || !slices.Equal(fates, []string{"uploaded"}) {
			t.Errorf("wanted again: %v %v, want it fetched anew", fates, err)
		}
	})
}

func TestNamesOfFilesCannotLeadAstray(t *testing.T) {
	for name, want := range map[string]string{"../../etc/passwd": "....etcpasswd", "章程.pdf": "章程.pdf", "": "file.png", "a\u202egpj.exe": "agpj.exe", "..": "file.png"} {
		if got := named(community.Segment{Kind: "file", Text: name}, community.Medium{Type: "image/png"}); got != want && got != want+".png" {
			t.Errorf("%q is named %q, want %q", name, got, want)
		}
	}
}
