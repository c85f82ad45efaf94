package app_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"qunluo/internal/admit"
	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/poster"
)

// TestPostersWorkInABrowser looks at the pages of posters at both widths: nothing may stick out, and the browser's console stays silent.
func TestPostersWorkInABrowser(t *testing.T) {
	looksAtBothWidths(t, "poster", func(t *testing.T, s *shift, owner community.User) []visited {
		ctx := t.Context()
		ming, press := owner.ID.String(), s.app.Posters(s.org, nil)
		l, _, err := poster.Template("referral", "zh-CN", poster.Portrait)
		check(t, err)
		l.Layers[4].Move = poster.Typed
		one, err := press.Save(ctx, ming, "拉新海报", 0, l, "第一版")
		check(t, err)
		_, err = press.Save(ctx, ming, "拉新海报", one.Version, l, "换了字")
		check(t, err)
		code, err := s.app.Codes(s.org, nil).Save(ctx, ming, admit.Code{Kind: admit.Channel, Name: "老带新", State: "ldx", Line: "每周一本书"}, "")
		check(t, err)
		check(t, press.SetForCode(ctx, ming, code.ID, "own/拉新海报", map[string]string{"n1": "300 位书友"}, ""))
		d := experiment.Definition{Name: "换张海报", Switch: experiment.Poster, Subject: code.ID.String(), Arms: [2]string{"", "thanks"}, Hoped: 0.1, PerDay: 30}
		draft, err := s.app.Experiments(s.org, nil).Save(ctx, ming, experiment.Row{Definition: d}, "")
		check(t, err)
		_, err = press.Batch(ctx, ming, poster.Order{Ref: "card/zh-CN/square", People: []map[string]string{{"name": "小林🎉"}}}, "")
		check(t, err)
		at := "/codes/" + code.ID.String()
		return []visited{
			{"list", "/posters"}, {"square", "/posters?canvas=square"}, {"page", "/posters/at?ref=own/%E6%8B%89%E6%96%B0%E6%B5%B7%E6%8A%A5/2"}, {"shipped", "/posters/at?ref=event/zh-CN/portrait&v.title=%F0%A0%AE%B7%F0%9F%8E%89"},
			{"edit", "/posters/edit?ref=own/%E6%8B%89%E6%96%B0%E6%B5%B7%E6%8A%A5"}, {"code", at}, {"handout", at + "/poster"}, {"form", "/experiments/new?switch=poster"}, {"draft", "/experiments/" + draft.ID.String()},
			{"ask", "/p/" + code.Slug},
		}
	})
}

// TestLayersAreDraggedInABrowser: a layer follows the pointer, snaps to the middle of the picture, is undone, and what is saved is what
// stands in the form.
func TestLayersAreDraggedInABrowser(t *testing.T) {
	browsertest.Need(t)
	s := startShift(t, "", "", reachable)
	users, err := s.app.Store().Users(t.Context(), s.org)
	check(t, err)
	press := s.app.Posters(s.org, nil)
	l := poster.Layout{Title: "试", Canvas: poster.Square, Ground: poster.Ground{Above: "#ffffff"}, Layers: []poster.Layer{{Kind: poster.Shape, X: 100, Y: 700, W: 300, H: 200, Color: "#1677ff"}}}
	_, err = press.Save(t.Context(), users[0].ID.String(), "拖动", 0, l, "")
	check(t, err)
	w := look(t, s.base, 1440, "zh-CN")
	w.signIn("ming")
	w.open("/posters/edit?ref=own/%E6%8B%96%E5%8A%A8")
	// from (250, 800), its middle, to (545, 545): five pixels beside the middle of the picture, to which it snaps
	drag := `(function () {
  var stage = document.querySelector("[data-stage]"), box = stage.querySelector(".poster-box"), r = stage.getBoundingClientRect(), by = stage.clientWidth / 1080;
  box.setPointerCapture = function () {};
  var at = function (kind, x, y) { box.dispatchEvent(new PointerEvent(kind, { bubbles: true, clientX: r.left + x * by, clientY: r.top + y * by, pointerId: 1 })); };
  at("pointerdown", 250, 800); at("pointermove", 545, 545); at("pointerup", 545, 545);
  var f = document.querySelector("form[data-poster]").elements;
  var moved = f["l0.x"].value + "," + f["l0.y"].value;
  document.querySelector("[data-undo]").click();
  var back = f["l0.x"].value + "," + f["l0.y"].value;
  document.querySelector("[data-redo]").click();
  return moved + " " + back + " " + f["l0.x"].value;
})()`
	got, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](drag))
	check(t, err)
	if got != "390,440 100,700 390" {
		t.Errorf("dragged, undone, done again: %q, want 390,440 100,700 390", got)
	}
	_, err = chromedp.Run(w.ctx, chromedp.Evaluate[bool](`(document.querySelector('button[name=do][value=save]').click(), true)`))
	check(t, err)
	await(t, func() bool {
		k, err := press.Get(t.Context(), "own/拖动")
		check(t, err)
		return k.Version == 2 && k.Layout.Layers[0].X == 390 && k.Layout.Layers[0].Y == 440
	})
}
