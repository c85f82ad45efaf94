package app_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// posterPNG is a picture that people would send.
func posterPNG(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 320, 200))
	for x := range 320 {
		for y := range 200 {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), 120, 255})
		}
	}
	var out bytes.Buffer
	check(t, png.Encode(&out, img))
	return out.Bytes()
}

var leaflet = append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("x"), 5000)...)

// TestAttachmentsGoThroughTheOwnersTap: a picture, a file and a mini program are uploaded to 企业微信 once for all its groups,
// the owners' tasks name every group, and each group's result says that all of it went out.
func TestAttachmentsGoThroughTheOwnersTap(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		picture, err := plans.KeepFile(ctx, "lin", "海报.png", posterPNG(t))
		check(t, err)
		file, err := plans.KeepFile(ctx, "lin", "课程表.pdf", leaflet)
		check(t, err)
		cover, err := plans.KeepFile(ctx, "lin", "封面.png", posterPNG(t))
		check(t, err)
		cover.Kind, cover.App = "app", plan.App{ID: "wx8bd80126147df384", Page: "pages/course?id=3", Title: "第三章"}
		const text = "本周课程"
		order := plan.Broadcast{Title: "课程", Text: text, Link: plan.Attached{URL: "https://q.example/c", Title: "报名"}, Pieces: []plan.Piece{picture, file, cover}}
		e, err := plans.Estimate(ctx, order)
		check(t, err)
		if !e.Ready() || !slices.ContainsFunc(e.Findings, func(f plan.Finding) bool { return f.Rule == "wecom-confirm" }) {
			t.Fatalf("findings = %+v, want it ready, with what to know of 企业微信", e.Findings)
		}
		b, err := plans.NewBroadcast(ctx, "lin", order)
		check(t, err)
		await(t, func() bool { got, err := plans.Broadcast(ctx, b.ID); return err == nil && got.Counts.Person == 6 })
		if want := []string{"image 海报.png", "file 课程表.pdf"}; len(c.corp.Uploads) != 2 || !strings.HasPrefix(c.corp.Uploads[0], want[0]) || !strings.HasPrefix(c.corp.Uploads[1], want[1]) {
			t.Errorf("uploads = %q, want each content once: the mini program's picture is the poster", c.corp.Uploads)
		}
		for _, owner := range []string{"wang", "zhao", "li"} {
			m := c.of(owner, text)
			var kinds []string
			for _, one := range m.Attached {
				kinds = append(kinds, one.(map[string]any)["msgtype"].(string))
			}
			if !slices.Equal(kinds, []string{"link", "image", "file", "miniprogram"}) {
				t.Fatalf("%s was asked to send %v", owner, m.Attached)
			}
			app := m.Attached[3].(map[string]any)["miniprogram"].(map[string]any)
			if app["appid"] != "wx8bd80126147df384" || app["page"] != "pages/course?id=3" || app["title"] != "第三章" || app["pic_media_id"] != "medium-1" {
				t.Errorf("mini program = %v", app)
			}
		}
		tasks, n, err := c.desk().FindTasks(ctx, community.TaskFilter{})
		check(t, err)
		if n != 3 {
			t.Fatalf("%d tasks, want one per owner", n)
		}
		named := map[string]bool{}
		for _, k := range tasks {
			var names []string
			for _, g := range k.Groups {
				names = append(names, g.Name)
			}
			named[strings.Join(names, ",")] = true
			if len(k.Action.Segments) != 5 {
				t.Errorf("the task of %s holds %+v, want text, link and three attachments", k.GroupName, k.Action.Segments)
			}
		}
		if !named["读书1群,读书2群,读书3群"] || !named["读书4群,读书5群"] || !named[""] {
			t.Errorf("tasks name %v, want all groups of each owner", named)
		}
		seen, _, err := c.app.Store().For(community.Scope{Org: c.org, Groups: []community.GroupKey{c.keys["wr1"], c.keys["wr3"]}}).FindTasks(ctx, community.TaskFilter{})
		check(t, err)
		for _, k := range seen {
			if len(k.Groups) != 2 || k.Hidden != 1 {
				t.Errorf("who may see two groups sees %+v and %d hidden", k.Groups, k.Hidden)
			}
		}
		c.corp.Tap(c.of("wang", text).ID)
		c.look()
		await(t, func() bool { got, err := plans.Broadcast(ctx, b.ID); return err == nil && got.Counts.Sent == 3 })
		for _, k := range c.targets(b.ID) {
			if len(k.Parts) != 3 || len(k.Lost()) != 0 {
				t.Errorf("%s: parts %+v, want three that were uploaded", k.GroupName, k.Parts)
			}
		}
	})
}

// TestWhatAPlatformCannotTakeIsRefusedWhileEditing: a recording in 企业微信, too much text, too many attachments: nobody can
// schedule it, forced or not, and the reason is said; a link in its place is offered and works.
func TestWhatAPlatformCannotTakeIsRefusedWhileEditing(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		gif, err := plans.KeepFile(ctx, "lin", "动图.gif", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"))
		check(t, err)
		order := plan.Broadcast{Title: "动图", Text: "看图", Pieces: []plan.Piece{gif}, Force: "赶时间"}
		e, err := plans.Estimate(ctx, order)
		check(t, err)
		if !plan.Impossible(e.Findings) || e.Findings[0].Rule != "abilities" || !strings.Contains(e.Findings[0].Found, "wecom × 6") || !strings.Contains(e.Findings[0].Found, "image/gif") {
			t.Errorf("findings = %+v, want the picture refused for six groups", e.Findings)
		}
		if _, err := plans.NewBroadcast(ctx, "lin", order); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("scheduled all the same: %v", err)
		}
		draft := order
		draft.State = plan.Draft
		draft, err = plans.NewBroadcast(ctx, "lin", draft)
		check(t, err)
		if err := plans.MoveBroadcast(ctx, "lin", draft.ID, plan.Scheduled, ""); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("the draft was scheduled: %v", err)
		}
		long := plan.Broadcast{Title: "长", Text: strings.Repeat("字", 1334)}
		if _, err := plans.NewBroadcast(ctx, "lin", long); community.CodeOf(err) != community.CodeRefused || !strings.Contains(err.Error(), "4002 > 4000") {
			t.Errorf("4,002 bytes of text: %v, want refused with the figures", err)
		}
		nine := plan.Broadcast{Title: "九", Text: "九张加链接", Link: plan.Attached{URL: "https://q.example/c", Title: "报名"}}
		for range 9 {
			one, err := plans.KeepFile(ctx, "lin", "海报.png", posterPNG(t))
			check(t, err)
			nine.Pieces = append(nine.Pieces, one)
		}
		if e, err := plans.Estimate(ctx, nine); err != nil || !plan.Impossible(e.Findings) {
			t.Errorf("nine pictures and a link: %+v, %v; want one too many", e.Findings, err)
		}
		if _, err := c.app.Plans(c.org+1, nil).KeptFile(ctx, gif.File); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("another organisation's file: %v, want not_found", err)
		}

		doors, err := c.app.Handler(app.Doors{})
		check(t, err)
		web := httptest.NewServer(doors)
		t.Cleanup(web.Close)
		at := web.URL + "/f/" + gif.File.String()
		if status, _ := page(t, at); status != http.StatusNotFound {
			t.Errorf("a file that is in no link answers %d, want 404", status)
		}
		order.ByLink, order.Force = true, ""
		b, err := plans.NewBroadcast(ctx, "lin", order)
		check(t, err)
		await(t, func() bool { got, err := plans.Broadcast(ctx, b.ID); return err == nil && got.Counts.Person == 6 })
		want := "看图\n动图.gif https://q.example/f/" + gif.File.String()
		if got := c.asked(want); got == "" {
			t.Errorf("asked to send %+v, want the text with the link", c.corp.Masses())
		}
		if status, body := page(t, at); status != 200 || !strings.HasPrefix(body, "GIF89a") {
			t.Errorf("the link = %d, %d bytes", status, len(body))
		}
	})
}

// TestContentThatIsGoneIsSaidPerGroup: the file of a mass send vanished from the disk before its time; words stand in its
// place, and the result of the group says so.
func TestContentThatIsGoneIsSaidPerGroup(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		picture, err := plans.KeepFile(ctx, "lin", "海报.png", posterPNG(t))
		check(t, err)
		file, err := plans.KeepFile(ctx, "lin", "课程表.pdf", leaflet)
		check(t, err)
		start := s.app.Now() + 3600_000
		b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "图", Text: "看图", Start: start, Filter: plan.Filter{Groups: []community.GroupKey{s.keys["one"], s.keys["晨读群"]}}, Pieces: []plan.Piece{picture, file}})
		check(t, err)
		removeContent(t, s.cfg.DataDir, len(leaflet))
		s.shift += 3700_000_000_000
		s.app.Jobs().Wake()
		await(t, func() bool {
			got, err := plans.Broadcast(ctx, b.ID)
			return err == nil && got.Counts.Sent == 1 && got.Counts.Person == 1
		})
		for _, k := range s.targets(b.ID) {
			switch lost := k.Lost(); {
			case k.GroupName == "读书one" && (len(k.Parts) != 2 || len(lost) != 1 || lost[0].Kind != "file" || lost[0].Code != community.CodeLate):
				t.Errorf("parts = %+v, want the picture sent and the file said to be gone", k.Parts)
			case k.GroupName == "晨读群" && k.Did != community.HumanTask:
				t.Errorf("the group without a connection = %+v, want a person's task", k)
			}
		}
		sent := s.world.Sent()
		last := sent[len(sent)-1]
		if !slices.ContainsFunc(last.Segments, func(x community.Segment) bool { return x.Kind == "image" }) || !strings.Contains(last.Text, "文件没能转过来") {
			t.Errorf("said %+v, want the picture and words for the file", last)
		}
		tasks, _, err := s.desk().FindTasks(ctx, community.TaskFilter{})
		check(t, err)
		if len(tasks) != 1 || len(tasks[0].Action.Segments) != 3 {
			t.Errorf("tasks = %+v, want one that holds both files", tasks)
		}
	})
}

// TestFilesOfASendThatWaitsAreKept: content is forgotten a week after it was wanted, unless it waits for its time.
func TestFilesOfASendThatWaitsAreKept(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, plans := t.Context(), s.app.Plans(s.org, nil)
		keep, err := plans.KeepFile(ctx, "lin", "海报.png", posterPNG(t))
		check(t, err)
		drop, err := plans.KeepFile(ctx, "lin", "课程表.pdf", leaflet)
		check(t, err)
		_, err = plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "图", Text: "看图", Start: s.app.Now() + 20*86400_000, Pieces: []plan.Piece{keep}})
		check(t, err)
		s.shift += 10 * 86400_000_000_000
		check(t, s.app.Store().AddJob(ctx, store.Job{Kind: "forget-media", Key: "now", RunAt: s.app.Now()}))
		s.app.Jobs().Wake()
		await(t, func() bool {
			_, err := plans.KeptFile(ctx, drop.File)
			return community.CodeOf(err) == community.CodeNotFound
		})
		if f, err := plans.FileContent(ctx, keep.File); err != nil || len(f.Data) == 0 {
			t.Errorf("the file of the send that waits: %v", err)
		}
		_, err = plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "图", Text: "看图", Pieces: []plan.Piece{drop}})
		if community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a send with a forgotten file: %v, want not_found", err)
		}
	})
}

// removeContent takes kept content of a size away.
func removeContent(t *testing.T, dataDir string, size int) {
	t.Helper()
	gone := 0
	check(t, filepath.WalkDir(filepath.Join(dataDir, "media"), func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil || info.Size() != int64(size) {
			return err
		}
		gone++
		return os.Remove(at)
	}))
	if gone != 1 {
		t.Fatalf("%d files of %d bytes, want one", gone, size)
	}
}

// TestStepsOfAnSOPCarryAttachments: a step's picture, file and mini program go through the owner's tap as those of a mass
// send do; a turn that was laid out keeps what its version sent, and the files stay as long as the steps name them.
func TestStepsOfAnSOPCarryAttachments(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		picture, err := plans.KeepFile(ctx, "lin", "海报.png", posterPNG(t))
		check(t, err)
		cover, err := plans.KeepFile(ctx, "lin", "封面.png", posterPNG(t))
		check(t, err)
		cover.Kind, cover.App = "app", plan.App{ID: "wx8bd80126147df384", Page: "pages/course?id=3", Title: "第三章"}
		lied := picture
		lied.Type, lied.Bytes = "image/gif", 1
		const text = "第一天"
		soon := time.UnixMilli(c.app.Now()).In(time.FixedZone("", 8*3600)).Add(5 * time.Minute)
		step := plan.Step{Kind: plan.ByDay, At: soon.Format("15:04"), Text: text, Link: plan.Attached{URL: "https://q.example/c", Title: "报名"}, Pieces: []plan.Piece{lied, cover}}
		made, err := plans.SaveSOP(plain(ctx), "lin", plan.SOP{Name: "七天", Steps: []plan.Step{step}}, "")
		check(t, err)
		if got := made.Steps[0].Pieces[0]; got.Type != "image/png" || got.Bytes != picture.Bytes {
			t.Errorf("kept %+v, want what the file is, not what was said of it", got)
		}
		check(t, plans.AddToSOP(ctx, "lin", made.ID, c.keys["wr1"], ""))
		edit := made
		edit.Steps = slices.Clone(made.Steps)
		edit.Steps[0].Pieces = nil
		_, err = plans.SaveSOP(plain(ctx), "lin", edit, "")
		check(t, err)
		c.shift += 6 * time.Minute
		c.app.Jobs().Wake()
		await(t, func() bool { got, err := plans.SOP(ctx, made.ID); return err == nil && got.Counts.Person == 1 })
		var kinds []string
		for _, one := range c.of("wang", text).Attached {
			kinds = append(kinds, one.(map[string]any)["msgtype"].(string))
		}
		if !slices.Equal(kinds, []string{"link", "image", "miniprogram"}) {
			t.Errorf("the owner was asked to send %v, want the link, the picture and the mini program of the first version", kinds)
		}
		if _, err := plans.SaveSOP(plain(ctx), "lin", plan.SOP{Name: "别家的", Steps: []plan.Step{{Kind: plan.ByDay, At: "09:00", Text: "x", Pieces: []plan.Piece{{Kind: "file", File: made.ID, Name: "x"}}}}}, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a step with a file that nobody gave: %v, want not_found", err)
		}
	})
}

// TestStepsBeyondALimitAreRefusedAndHeld: too much text for 企业微信 is refused while the steps are written and when a group
// enters, with the step and the figure; a turn that is beyond it all the same is not sent and says why.
func TestStepsBeyondALimitAreRefusedAndHeld(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		c := startCompany(t, dbURL, "week")
		ctx, plans := t.Context(), c.app.Plans(c.org, nil)
		soon := time.UnixMilli(c.app.Now()).In(time.FixedZone("", 8*3600)).Add(5 * time.Minute).Format("15:04")
		short, long := plan.Step{Kind: plan.ByDay, At: soon, Text: "短"}, plan.Step{Kind: plan.ByDay, At: soon, Text: strings.Repeat("字", 1334)}
		made, err := plans.SaveSOP(plain(ctx), "lin", plan.SOP{Name: "七天", Steps: []plan.Step{short, long}}, "") // no group is in it
		check(t, err)
		err = plans.AddToSOP(ctx, "lin", made.ID, c.keys["wr1"], "赶时间")
		if community.CodeOf(err) != community.CodeRefused || !strings.Contains(err.Error(), "Step 2") || !strings.Contains(err.Error(), "4002 > 4000") {
			t.Errorf("a group that cannot get step 2 enters: %v", err)
		}
		edit := made
		edit.Steps = []plan.Step{made.Steps[0]}
		edit, err = plans.SaveSOP(plain(ctx), "lin", edit, "")
		check(t, err)
		check(t, plans.AddToSOP(ctx, "lin", made.ID, c.keys["wr1"], ""))
		edit.Steps, edit.Force = append(slices.Clone(edit.Steps), long), "赶时间"
		if _, err := plans.SaveSOP(plain(ctx), "lin", edit, ""); community.CodeOf(err) != community.CodeRefused {
			t.Errorf("saved beyond the limit: %v, want refused although it is forced", err)
		}
		found, err := plans.CheckSOP(ctx, edit)
		check(t, err)
		if len(found) != 1 || found[0].Step != 2 || found[0].Rule != "wecom-text" || !found[0].Refuse {
			t.Errorf("findings = %+v, want the text of step 2", found)
		}
		_, err = c.app.Store().SaveSOP(plain(ctx), edit, community.Audit{}) // as if the limit had come later
		check(t, err)
		members, err := c.app.Store().SOPGroups(ctx, made.ID)
		check(t, err)
		slot := plan.Slot{Key: "s9@2026-01-01", Step: "s9", Due: c.app.Now(), Post: long.Post()}
		edit.ID, edit.Version = made.ID, 3
		check(t, c.app.Store().Materialise(ctx, edit, members[0], []plan.Slot{slot}, members[0].Through+1))
		await(t, func() bool { got, err := plans.SOP(ctx, made.ID); return err == nil && got.Counts.NotSent == 1 })
		for _, k := range c.targets(made.ID) {
			if k.Slot == slot.Key && (len(k.Why) != 1 || k.Why[0].Code != plan.TooMuch || k.Why[0].Said.Rule != "wecom-text" || !strings.Contains(k.Why[0].Said.Found, "4002")) {
				t.Errorf("why = %+v, want the limit with its figure", k.Why)
			}
		}
	})
}

// TestStepsWithFilesByCommandLine: a file of steps names its attachments; what verbs print of an SOP can be given back.
func TestStepsWithFilesByCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		check(t, os.WriteFile(filepath.Join(w.dir, "海报.png"), posterPNG(t), 0o600))
		write := func(steps string) { check(t, os.WriteFile(filepath.Join(w.dir, "steps.json"), []byte(steps), 0o600)) }
		write(`[{"kind":"day","at":"20:00","text":"欢迎","files":["海报.png"],"by_link":true,"link":{"url":"https://q.example/c","title":"报名"},"app":{"appid":"wx1","page":"p","title":"第三章","cover":"海报.png"}}]`)
		var sop struct {
			ID    string
			Steps []plan.Step
		}
		w.must(t, &sop, "sop", "new", "七天", "--steps", "steps.json")
		if got := sop.Steps[0]; len(got.Pieces) != 2 || got.Pieces[0].Kind != "image" || got.Pieces[1].App.Title != "第三章" || !got.ByLink || got.Link.Title != "报名" {
			t.Fatalf("steps = %+v", sop.Steps)
		}
		again, err := json.Marshal(sop.Steps)
		check(t, err)
		write(string(again))
		w.must(t, &sop, "sop", "edit", sop.ID, "--steps", "steps.json", "--no-figure", "只换附件")
		if len(sop.Steps[0].Pieces) != 2 {
			t.Errorf("given back: %+v", sop.Steps)
		}
		var found rows[struct {
			Step         int
			Rule, Reason string
			Refused      bool
		}]
		if code, _, talk := w.types(t, "sop", "show", "八天"); code != 2 || !strings.Contains(talk, "qunluo sop list") {
			t.Errorf("an SOP that is not there: exit %d, %s", code, talk)
		}
		w.must(t, &found, "sop", "check", "七天")
		if len(found.Rows) != 1 || found.Rows[0].Step != 1 || found.Rows[0].Rule != "redirect" || found.Rows[0].Refused {
			t.Errorf("findings = %+v, want only that nobody can tell where the link leads", found.Rows)
		}
		for name, steps := range map[string]string{"no such file": `[{"kind":"day","at":"20:00","text":"x","files":["nix.png"]}]`, "a folder": `[{"kind":"day","at":"20:00","text":"x","files":["."]}]`, "ten": `[{"kind":"day","at":"20:00","text":"x","files":["海报.png","海报.png","海报.png","海报.png","海报.png","海报.png","海报.png","海报.png","海报.png","海报.png"]}]`,
			"an app without an id": `[{"kind":"day","at":"20:00","text":"x","app":{"page":"p"}}]`, "an invented file": `[{"kind":"day","at":"20:00","text":"x","pieces":[{"kind":"file","file":"` + sop.ID + `","name":"x"}]}]`, "unknown field": `[{"kind":"day","at":"20:00","text":"x","picture":"a"}]`} {
			write(steps)
			if code, _, talk := w.types(t, "sop", "edit", sop.ID, "--steps", "steps.json", "--no-figure", "只换附件"); code == 0 || talk == "" || strings.Contains(talk, "internal") {
				t.Errorf("%s: exit %d, %q; want a sentence", name, code, talk)
			}
		}
	})
}
