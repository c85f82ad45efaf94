package storetest

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/store"
)

// postersAreKept: versions are added to and never overwritten, taking away is a version, a code hands out one poster, a member has one
// share of a code, a scan is booked with the arm that was given, a batch is drawn once.
func postersAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	org := community.OrgKey(78)
	audit := community.Audit{User: "ming", Verb: "poster.save", Reason: "换字"}
	one := must(s.SavePoster(ctx, 0, store.PosterRow{Org: org, Name: "拉新", Body: `{"a":1}`}, audit))(t)
	if _, err := s.SavePoster(ctx, 0, one, audit); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("made twice: %v, want a conflict", err)
	}
	one.Body = `{"a":2}`
	two := must(s.SavePoster(ctx, 1, one, audit))(t)
	same(t, "versions", []any{one.Version, two.Version, two.Note, two.User}, []any{1, 2, "换字", "ming"})
	same(t, "the first version", must(s.PosterOf(ctx, org, "拉新", 1))(t).Body, `{"a":1}`)
	same(t, "the newest", must(s.PosterOf(ctx, org, "拉新", 0))(t).Body, `{"a":2}`)
	two.Body = ""
	_ = must(s.SavePoster(ctx, 2, two, audit))(t)
	if _, err := s.PosterOf(ctx, org, "拉新", 0); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("taken away, and: %v", err)
	}
	same(t, "what is left", []any{len(must(s.Posters(ctx, org))(t)), len(must(s.PosterVersions(ctx, org, "拉新"))(t)), must(s.PosterOf(ctx, org, "拉新", 2))(t).Body}, []any{0, 3, `{"a":2}`})
	if list := must(s.Posters(ctx, org+1))(t); len(list) != 0 {
		t.Errorf("another organisation sees %v", list)
	}
	sharesAreCounted(t, s, org)
	batchesAreDrawnOnce(t, s, org)
	hash := must(s.KeepImage(ctx, "image/png", []byte("x")))(t)
	same(t, "the same image twice", must(s.KeepImage(ctx, "image/png", []byte("x")))(t), hash)
	if body, kind, err := s.PictureKind(ctx, hash); err != nil || string(body) != "x" || kind != "image/png" || len(hash) != 64 {
		t.Errorf("%q %s (%v)", body, kind, err)
	}
}

func sharesAreCounted(t *testing.T, s *store.Store, org community.OrgKey) {
	t.Helper()
	ctx, audit := t.Context(), community.Audit{User: "ming", Verb: "code.poster"}
	id := s.NewID()
	if _, ok, err := s.CodePosterOf(ctx, 900); ok || err != nil {
		t.Errorf("a code that has none: %v (%v)", ok, err)
	}
	for _, ref := range []string{"referral/zh-CN/portrait", "own/拉新/2"} {
		if err := s.SetCodePoster(ctx, org, 900, id, store.CodePoster{Ref: ref, Filled: map[string]string{"text": "来"}}, audit); err != nil {
			t.Fatal(err)
		}
	}
	p, ok, err := s.CodePosterOf(ctx, 900)
	if err != nil || !ok || p.Ref != "own/拉新/2" || p.Filled["text"] != "来" {
		t.Errorf("the code's poster: %+v (%v)", p, err)
	}
	d := experiment.Definition{Name: "海报", Switch: experiment.Poster, Subject: id.String(), Arms: [2]string{"甲", "乙"}, ShareB: 50, Primary: experiment.Scanned7, Base: 0.3, Hoped: 0.1, PerDay: 9, Days: 28, Salt: "s"}
	x := must(s.SaveExperiment(ctx, experiment.Row{Org: org, Definition: d, User: "ming"}, audit))(t)
	x = must(s.StartExperiment(ctx, x, nil, nil, audit))(t)
	a := must(s.NewShare(ctx, 900, 41, "小林"))(t)
	again := must(s.NewShare(ctx, 900, 41, "小林改名"))(t)
	v := must(s.NewShare(ctx, 900, 0, "过客"))(t)
	w := must(s.NewShare(ctx, 900, 0, "过客"))(t)
	if again.Token != a.Token || v.Token == w.Token || must(s.ShareOf(ctx, 900, a.Token))(t).Name != "小林改名" {
		t.Errorf("shares: %+v %+v %+v %+v", a, again, v, w)
	}
	if _, err := s.ShareOf(ctx, 901, a.Token); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("the share of another code: %v", err)
	}
	_ = must(s.Assign(ctx, x.ID, experiment.Assignment{Unit: "41", Arm: 1, Member: 41, At: a.At}))(t)
	for range 2 {
		if err := s.ScanShare(ctx, a.Token, "41", experiment.Poster, id.String()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.ScanShare(ctx, "nobody", "41", experiment.Poster, id.String()); err != nil {
		t.Error(err)
	}
	got, units := must(s.ShareOf(ctx, 900, a.Token))(t), must(s.ExperimentUnits(ctx, x.ID))(t)
	if got.Scans != 2 || got.First == 0 || got.Last < got.First || len(units) != 1 || units[0].ScannedAt != got.First {
		t.Errorf("scanned: %+v, units %+v", got, units)
	}
	asked, scanned, err := s.ShareFates(ctx, 900, 0, a.At+1_000_000)
	if err != nil || asked != 3 || scanned != 1 {
		t.Errorf("%d asked, %d scanned (%v)", asked, scanned, err)
	}
	if list := must(s.Shares(ctx, 900, 2))(t); len(list) != 2 || list[0].Token != a.Token {
		t.Errorf("shares: %+v", list)
	}
	if err := s.SetCodePoster(ctx, org, 900, id, store.CodePoster{}, audit); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.CodePosterOf(ctx, 900); ok || err != nil {
		t.Errorf("taken from the code: %v (%v)", ok, err)
	}
}

func batchesAreDrawnOnce(t *testing.T, s *store.Store, org community.OrgKey) {
	t.Helper()
	ctx, audit := t.Context(), community.Audit{User: "ming", Verb: "poster.batch"}
	b := must(s.AddBatch(ctx, store.Batch{Org: org, Ref: "own/拉新/2", Title: "拉新", Body: "{}", People: []map[string]string{{"name": "甲"}, {"name": "乙"}}}, audit))(t)
	if err := s.BatchStep(ctx, b.ID, 1, []string{"甲: emoji"}); err != nil {
		t.Fatal(err)
	}
	got := must(s.BatchByID(ctx, b.ID))(t)
	same(t, "a batch under way", []any{got.Total, got.Done, got.State, got.Warned, got.People[1]["name"], got.Body}, []any{2, 1, store.BatchWaits, []string{"甲: emoji"}, "乙", "{}"})
	if err := s.EndBatch(ctx, b.ID, store.BatchWaits, store.BatchDone, "", 77); err != nil {
		t.Fatal(err)
	}
	if err := s.EndBatch(ctx, b.ID, store.BatchWaits, store.BatchDone, "", 78); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("ended twice: %v, want a conflict", err)
	}
	if err := s.BatchStep(ctx, b.ID, 0, nil); err != nil {
		t.Fatal(err)
	}
	list := must(s.Batches(ctx, org, 5))(t)
	if len(list) != 1 || list[0].Bytes != 77 || list[0].Done != 1 || list[0].Ended == 0 || len(must(s.BatchByID(ctx, b.ID))(t).People) != 0 {
		t.Errorf("batches: %+v", list)
	}
	if old := must(s.OldBatches(ctx, list[0].Ended+1))(t); len(old) != 1 || old[0] != b.ID {
		t.Errorf("old: %v", old)
	}
	if err := s.EndBatch(ctx, b.ID, store.BatchDone, store.BatchGone, "", 0); err != nil {
		t.Fatal(err)
	}
	if old := must(s.OldBatches(ctx, list[0].Ended+1))(t); len(old) != 0 {
		t.Errorf("taken away, and still: %v", old)
	}
}
