package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/poster"
	"qunluo/internal/store"
)

// shotBy lets an ordinary member show a picture and gives the number of the message.
func (f *family) shotBy(text string, class community.Class, parts ...community.Segment) int64 {
	f.t.Helper()
	in, err := f.world.Show("main", "wu", class, text, parts...)
	check(f.t, err)
	number := int64(0)
	await(f.t, func() bool {
		rows, _, err := f.desk.FindMessages(f.t.Context(), community.MessageFilter{Group: f.keys["main"], Limit: 50})
		check(f.t, err)
		i := slices.IndexFunc(rows, func(m community.MessageRow) bool { return m.Message == in[0].Body.Message })
		if i >= 0 {
			number = rows[i].Number
		}
		return i >= 0
	})
	return number
}

// readings waits until so many readings of a message are there.
func (f *family) readings(message int64, n int) []community.Event {
	f.t.Helper()
	var got []community.Event
	await(f.t, func() bool {
		var err error
		got, err = f.desk.Readings(f.t.Context(), message)
		check(f.t, err)
		return len(got) == n
	})
	return got
}

// quiet waits until no picture is left to read.
func (f *family) quiet() {
	f.t.Helper()
	await(f.t, func() bool {
		for _, state := range []string{"ready", "leased"} {
			rows, _, err := f.desk.FindJobs(f.t.Context(), state, community.Page{Limit: 200})
			if err != nil || slices.ContainsFunc(rows, func(j community.JobRow) bool { return j.Kind == store.JobRead }) {
				return false
			}
		}
		return true
	})
}

func qrCode(t *testing.T, text string) []byte {
	t.Helper()
	data, err := poster.QR(text)
	check(t, err)
	return data
}

// readsPictures publishes a live book that looks at pictures.
func (f *family) readsPictures(rules ...policy.Rule) {
	f.t.Helper()
	book := bookOf(f.t, community.Live, nil, rules...)
	var doc map[string]any
	check(f.t, json.Unmarshal(book, &doc))
	doc["read_pictures"] = true
	book, err := json.Marshal(doc)
	check(f.t, err)
	_, err = f.app.Hands(f.org, nil).Publish(plain(f.t.Context()), "lin", f.keys["main"], book, "看图")
	check(f.t, err)
}

func keywords(t *testing.T, words ...string) policy.Rule {
	t.Helper()
	params, err := json.Marshal(map[string]any{"lists": []map[string]any{{"name": "引流", "words": words}}})
	check(t, err)
	return policy.Rule{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleLive, Params: params}
}

func typeLock(t *testing.T, locks ...string) policy.Rule {
	t.Helper()
	params, err := json.Marshal(map[string]any{"locks": locks})
	check(t, err)
	return policy.Rule{ID: "lock", Name: "类型锁", Kind: "lock", Mode: policy.RuleLive, Params: params}
}

func (f *family) strikes() []community.StrikeRow {
	f.t.Helper()
	rows, _, err := f.desk.FindStrikes(f.t.Context(), community.StrikeFilter{Page: community.Page{Limit: 50}})
	check(f.t, err)
	return rows
}

func (f *family) sameInReplay() {
	f.t.Helper()
	rep, err := f.app.AsDecided(f.t.Context(), f.keys["main"])
	if err != nil || rep.Different != 0 || rep.Decisions == 0 {
		f.t.Errorf("replay as decided: %+v, %v", rep, err)
	}
}

func TestCodeInPictureIsJudgedAsIfItStoodInTheMessage(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 0)
		f.world.Put("sim:ad", qrCode(t, "https://evil.example/加我微信领"))
		f.readsPictures(keywords(t, "加我微信领"))
		number := f.shotBy("看看[图片]", community.Text, community.Segment{Kind: "text", Text: "看看"}, shot("sim:ad"))
		reading := f.readings(number, 1)[0]
		if reading.Body.Text != "https://evil.example/加我微信领" || reading.Type != community.MediaRead {
			t.Errorf("reading = %+v", reading)
		}
		await(t, func() bool { return len(f.strikes()) == 1 })
		if s := f.strikes()[0]; s.Strike.Event != number || s.Rule != "ads" {
			t.Errorf("strike = %+v, want the message %d as its evidence", s.Strike, number)
		}
		await(t, func() bool {
			rows, err := f.desk.Around(t.Context(), f.keys["main"], number, 0, 0)
			return err == nil && len(rows) == 1 && rows[0].Recalled
		})
		f.sameInReplay()
	})
}

// One message is at fault once: by its own words, by its code, and by what an outside reader says about it.
func TestMessageIsAtFaultOnce(t *testing.T) {
	f := startFamily(t, "", 0)
	f.world.Put("sim:ad", qrCode(t, "加我微信领"))
	f.readsPictures(keywords(t, "加我微信领"), typeLock(t, "qr"))
	number := f.shotBy("加我微信领[图片]", community.Text, community.Segment{Kind: "text", Text: "加我微信领"}, shot("sim:ad"), shot("sim:ad"))
	reading := f.readings(number, 1)[0]
	var r community.Reading
	check(t, json.Unmarshal(reading.Body.Data, &r))
	if len(r.Parts) != 2 || r.Event != number {
		t.Errorf("reading = %+v, want both pictures", r)
	}
	f.quiet()
	if got := f.strikes(); len(got) != 1 {
		t.Errorf("%d strikes for one message, want one", len(got))
	}
	second := f.shotBy("[图片]", community.Image, shot("sim:ad"))
	f.readings(second, 1)
	await(t, func() bool { return len(f.strikes()) == 2 })
	f.sameInReplay()
}

// A book that does not look at pictures has none fetched; nor are those of people against whom nothing is held.
func TestPicturesAreReadOnlyWhereTheBookWantsIt(t *testing.T) {
	f := startFamily(t, "", 0)
	f.world.Put("sim:ad", qrCode(t, "https://evil.example"))
	f.world.Put("sim:pixel", onePixel(t))
	check(t, f.publishRules(keywords(t, "加我微信领")))
	first := f.shotBy("[图片]", community.Image, shot("sim:ad"))
	check(t, f.publishRules(typeLock(t, "qr")))
	f.shows("[图片]", community.Image, shot("sim:ad")) // the owner
	plain := f.shotBy("[图片]", community.Image, shot("sim:pixel"))
	last := f.shotBy("[图片]", community.Image, shot("sim:ad"))
	f.readings(last, 1)
	f.quiet()
	for _, n := range []int64{first, plain} {
		if got := f.readings(n, 0); len(got) != 0 {
			t.Errorf("message %d was read", n)
		}
	}
	if got := f.strikes(); len(got) != 1 || got[0].Strike.Event != last {
		t.Errorf("strikes = %+v, want one for the last", got)
	}
}

func (f *family) publishRules(rules ...policy.Rule) error {
	_, err := f.app.Hands(f.org, nil).Publish(plain(f.t.Context()), "lin", f.keys["main"], bookOf(f.t, community.Live, nil, rules...), "规则")
	return err
}

// movingBomb is a small GIF that would fill gigabytes.
func movingBomb(t *testing.T) []byte {
	t.Helper()
	g := &gif.GIF{Config: image.Config{Width: 3000, Height: 3000}}
	for range 100 {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.White, color.Black}))
		g.Delay = append(g.Delay, 1)
	}
	var out bytes.Buffer
	check(t, gif.EncodeAll(&out, g))
	return out.Bytes()
}

// largeBomb is a PNG of a few hundred KB within the bound of pixels that fills hundreds of megabytes.
func largeBomb(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	check(t, png.Encode(&out, image.NewRGBA64(image.Rect(0, 0, 6000, 6000))))
	return out.Bytes()
}

// What cannot be read is said on the message and nothing else happens: the belt goes on at its pace.
func TestBadPicturesAreNotedAndLoseNothing(t *testing.T) {
	t.Parallel()
	f := startFamily(t, "", 0)
	whole := qrCode(t, "https://evil.example")
	f.world.Put("sim:bomb", movingBomb(t))
	f.world.Put("sim:half", whole[:len(whole)/2])
	f.world.Put("sim:svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`))
	f.world.Put("sim:large", largeBomb(t))
	f.world.Put("sim:good", whole)
	f.readsPictures(typeLock(t, "qr"))
	want := map[string]community.Code{"sim:bomb": community.CodeTooLarge, "sim:half": community.CodeBadInput, "sim:svg": community.CodeBadInput,
		"sim:nowhere": community.CodeLate, "http://127.0.0.1:9/x.png": community.CodeForbidden}
	for ref, code := range want {
		f.noted(ref, shot(ref), code)
	}
	f.noted("unreachable", shot("https://pictures.invalid/1.png"), community.CodeUnreachable) // after some tries
	large := f.shotBy("[图片]", community.Image, shot("sim:large"))
	began := time.Now()
	for i := range 50 {
		_, err := f.world.Say("main", "wu", fmt.Sprint("大家好", i))
		check(t, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("50 messages took %s while a bomb was read", took)
	}
	last := f.shotBy("[图片]", community.Image, shot("sim:good"))
	f.readings(last, 1)
	f.quiet()
	if got := f.strikes(); len(got) != 1 || got[0].Strike.Event != last {
		t.Errorf("strikes = %+v, want one for the good picture", got)
	}
	rows, err := f.desk.Around(t.Context(), f.keys["main"], large, 0, 200)
	if err != nil || len(rows) < 52 {
		t.Errorf("%d messages after the bomb, %v", len(rows), err)
	}
	f.sameInReplay()
}

func (f *family) noted(name string, seg community.Segment, code community.Code) {
	f.t.Helper()
	reading := f.readings(f.shotBy("[图片]", community.Image, seg), 1)[0]
	var r community.Reading
	check(f.t, json.Unmarshal(reading.Body.Data, &r))
	if len(r.Parts) != 1 || r.Parts[0].Code != code || reading.Body.Text != "" {
		f.t.Errorf("%s: %+v, want %s", name, r, code)
	}
}

// An outside reader's word is judged as the message's own, once, and proves no removal.
func TestOutsideReaderIsJudgedAndProvesNoRemoval(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 0)
		f.world.Put("sim:pixel", onePixel(t))
		ads := keywords(t, "加我微信领")
		ads.StartRung = 3
		check(t, f.publishRules(ads))
		number := f.shotBy("[图片]", community.Image, shot("sim:pixel"))
		hands := f.app.Hands(f.org, nil)
		b, _, err := hands.AddHook(t.Context(), "lin", community.Bot{Name: "识图", Enabled: true, Scopes: []community.BotScope{community.BotReading}}, false, "")
		check(t, err)
		try := func(p community.Post) (community.Posted, error) { return hands.TryHook(t.Context(), b.ID, p, true) }
		for name, p := range map[string]community.Post{
			"no message":     {Kind: community.HookReading, Text: "x"},
			"another's":      {Kind: community.HookReading, Text: "x", Event: 1 << 40},
			"nothing":        {Kind: community.HookReading, Event: number},
			"too long":       {Kind: community.HookReading, Text: strings.Repeat("长", 5000), Event: number},
			"no scope":       {Kind: community.HookMessage, Text: "x"},
			"event of a msg": {Kind: community.HookMessage, Text: "x", Event: number},
		} {
			if _, err := try(p); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		got, err := try(community.Post{Kind: community.HookReading, Event: number, Text: "扫码\n加我-微信领 红包"})
		if err != nil || got.Event == 0 {
			t.Fatalf("posted %+v, %v", got, err)
		}
		rows, _, err := f.desk.FindActions(t.Context(), community.ActionFilter{Group: f.keys["main"], Verb: community.Remove})
		if err != nil || len(rows) != 1 || rows[0].Hold != policy.HoldGateway {
			t.Errorf("actions = %+v, %v, want one removal that waits for a person", rows, err)
		}
		if _, err := try(community.Post{Kind: community.HookReading, Event: number, Text: "加我微信领"}); err != nil {
			t.Errorf("a second word: %v", err)
		}
		if s := f.strikes(); len(s) != 1 || s[0].Strike.Event != number {
			t.Errorf("strikes = %+v, want one", s)
		}
		f.sameInReplay()
	})
}
