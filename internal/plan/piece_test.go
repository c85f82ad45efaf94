package plan

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func id(n byte) community.ID { return community.ID{n} }

func TestWhatDoesNotFitBecomesALinkOnlyWhereThatIsWantedAndThereIsOne(t *testing.T) {
	wecom := Carries{Card: true, Upload: map[string]int64{"image": 10, "file": 20}, Only: map[string][]string{"image": {"image/png"}}, Most: 3}
	png := Piece{Kind: "image", File: id(1), Name: "a.png", Type: "image/png", Bytes: 5}
	gif := Piece{Kind: "image", File: id(2), Name: "b.gif", Type: "image/gif", Bytes: 5}
	big := Piece{Kind: "file", File: id(3), Name: "c.pdf", Type: "application/pdf", Bytes: 21}
	app := Piece{Kind: "app", File: id(4), Name: "d.png", App: App{ID: "wx1", Page: "p", Title: "第三章", Link: "https://q.example/3"}}
	link := Attached{URL: "https://q.example/c", Title: "报名"}
	for name, tc := range map[string]struct {
		post   Post
		takes  Carries
		public string
		text   string
		left   int
		codes  []community.Code
	}{
		"all fits, the link is a card":      {Post{Text: "x", Link: link, Pieces: []Piece{png}}, wecom, "", "x", 1, nil},
		"no card: the link is a line":       {Post{Text: "x", Link: link}, Carries{}, "", "x\n报名 https://q.example/c", 0, nil},
		"a person puts anything in":         {Post{Text: "x", Pieces: []Piece{gif, big, app}}, Carries{Hand: true}, "", "x", 3, nil},
		"not wanted: it stays and is said":  {Post{Text: "x", Pieces: []Piece{gif, big}}, wecom, "https://q.example", "x", 2, []community.Code{community.CodeUnsupported, community.CodeTooLarge}},
		"wanted, but nobody could open it":  {Post{Text: "x", Pieces: []Piece{gif}, ByLink: true}, wecom, "", "x", 1, []community.Code{community.CodeUnsupported}},
		"wanted: words with a link":         {Post{Text: "x", Pieces: []Piece{gif, png, app}, ByLink: true}, wecom, "https://q.example", "x\nb.gif https://q.example/f/" + id(2).String() + "\n第三章 https://q.example/3", 1, []community.Code{community.CodeUnsupported, community.CodeUnsupported}},
		"the card counts towards the bound": {Post{Text: "x", Link: link, Pieces: []Piece{png, png, png}}, wecom, "", "x", 3, []community.Code{community.CodeLimited}},
	} {
		got, gone := Fit(tc.post, tc.takes, tc.public)
		var codes []community.Code
		for _, m := range gone {
			codes = append(codes, m.Code)
		}
		if got.Text != tc.text || len(got.Pieces) != tc.left || !slices.Equal(codes, tc.codes) {
			t.Errorf("%s: %q with %d pieces, %v; want %q, %d, %v", name, got.Text, len(got.Pieces), codes, tc.text, tc.left, tc.codes)
		}
	}
}

func TestLimitsOfAPlatformHoldFromTheirDayAndForThatPlatformOnly(t *testing.T) {
	at := int64(1_764_300_000_000)
	long := Post{Text: strings.Repeat("x", 4001)}
	if got := CheckLimits(SendRules(), long, "wecom", MassSends, at); !Impossible(got) {
		t.Errorf("4,001 bytes in 企业微信: %+v, want impossible", got)
	}
	if got := CheckLimits(SendRules(), Post{Text: strings.Repeat("x", 4000)}, "wecom", MassSends, at); Impossible(got) || len(got) != 1 || got[0].Kind != Notice {
		t.Errorf("4,000 bytes: %+v, want what to know alone", got)
	}
	if got := CheckLimits(SendRules(), long, "wecom", DirectSend, at); len(got) != 1 || got[0].Refuse || got[0].Rule != "wecom-robot-text" {
		t.Errorf("by a robot of 企业微信: %+v, want a warning: it depends on which", got)
	}
	for _, c := range []struct {
		platform     community.Platform
		fits, beyond Post
		rule         string
	}{
		{"telegram", Post{Text: strings.Repeat("😀", 2048)}, Post{Text: strings.Repeat("😀", 2048) + "x"}, "telegram-text"},
		{"telegram", Post{Text: strings.Repeat("字", 1024), Pieces: []Piece{{}}}, Post{Text: strings.Repeat("字", 1025), Pieces: []Piece{{}}}, "telegram-caption"},
		{"discord", Post{Text: strings.Repeat("😀", 2000)}, Post{Text: strings.Repeat("字", 2001)}, "discord-text"},
		{"dingtalk", Post{Text: strings.Repeat("x", 15000)}, Post{Text: strings.Repeat("字", 5001)}, "dingtalk-text"},
		{"lark", Post{Text: strings.Repeat("字", 4000)}, Post{Text: strings.Repeat("x", 100_001)}, "feishu-text"},
		{"mp", Post{Text: strings.Repeat("x", 2048)}, Post{Text: strings.Repeat("字", 683)}, "mp-text"},
	} {
		if got := CheckLimits(SendRules(), c.fits, c.platform, DirectSend, at); len(got) != 0 {
			t.Errorf("%s just fits: %+v", c.rule, got)
		}
		if got := CheckLimits(SendRules(), c.beyond, c.platform, DirectSend, at); len(got) != 1 || got[0].Rule != c.rule || !Impossible(got) || got[0].Verified {
			t.Errorf("%s: %+v, want it refused, and not verified", c.rule, got)
		}
	}
	for _, platform := range []community.Platform{"qq", "wechat", "satori"} {
		if got := CheckLimits(SendRules(), Post{Text: "x"}, platform, DirectSend, at); len(got) != 1 || got[0].Rule != "unknown" || got[0].Kind != Notice || got[0].Refuse {
			t.Errorf("%s: %+v, want it said that nobody knows", platform, got)
		}
	}
	if got := CheckLimits(SendRules(), long, "sim", DirectSend, at); len(got) != 0 {
		t.Errorf("another platform: %+v", got)
	}
	if got := CheckLimits(SendRules(), long, "wecom", MassSends, 0); len(got) != 1 || got[0].Rule != "unknown" {
		t.Errorf("before the rules: %+v", got)
	}
	if got := CheckLimits(SendRules(), long, "irc", DirectSend, at); len(got) != 1 || got[0].Refuse {
		t.Errorf("a long line of IRC: %+v, want a warning", got)
	}
	for _, r := range SendRules() {
		if r.Source == "" || r.Since == "" || r.Reason[0] == "" || r.Reason[1] == "" || r.Instead[0] == "" || r.Instead[1] == "" {
			t.Errorf("%s lacks source, day or words", r.ID)
		}
	}
}

func TestPiecesAreCheckedBeforeAnythingIsDone(t *testing.T) {
	good := Piece{Kind: "app", File: id(1), Name: "a.png", App: App{ID: "wx1", Page: "pages/a", Title: "第三章"}}
	for name, change := range map[string]func(*Piece){
		"kind":       func(p *Piece) { p.Kind = "song" },
		"no content": func(p *Piece) { p.File = community.ID{} },
		"no name":    func(p *Piece) { p.Name = "" },
		"no appid":   func(p *Piece) { p.App.ID = "" },
		"no page":    func(p *Piece) { p.App.Page = " " },
		"long title": func(p *Piece) { p.App.Title = strings.Repeat("长", 22) },
		"bad link":   func(p *Piece) { p.App.Link = "javascript:alert(1)" },
	} {
		bad := good
		change(&bad)
		if err := (Broadcast{Title: "x", Text: "x", Pieces: []Piece{bad}}).Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v, want bad_input", name, err)
		}
	}
	if err := (Broadcast{Title: "x", Text: "x", Pieces: []Piece{good}}).Check(); err != nil {
		t.Error(err)
	}
	if err := (Broadcast{Title: "x", Text: "x", Pieces: slices.Repeat([]Piece{good}, MaxPieces+1)}).Check(); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("ten pieces: %v, want too_large", err)
	}
}
