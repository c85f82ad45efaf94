package console

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/browsertest"
	"qunluo/internal/community"
)

// browserPages are looked at in a real browser: both widths, both languages, owner. "!" at the front: not signed in.
var browserPages = []string{
	"!/signin", "!/setup/welcome", "/", "/requests", "/requests?state=over", "/inbox", "/inbox?state=done", "/inbox?state=expired", "/connections", "/connections/new?kind=onebot", "/connections/new?kind=sim",
	"/connections/" + fakeID(11).String(), "/connections/" + fakeID(11).String() + "/chores", "/connections/" + fakeID(11).String() + "/chores/hand.over",
	"/connections/" + fakeID(12).String() + "/chores", "/users", "/users/new", "/users/" + fakeID(2).String(), "/me", "/audit", "/audit?verb=nothing", "/settings",
	"/activity", "/activity?days=90&tag=%E5%AD%A6%E4%B9%A0", "/activity?from=2026-11-20&to=2026-11-23&g=" + fakeID(20).String(), "/?tag=%E5%AD%A6%E4%B9%A0", "/inbox?tag=none",
	"/questions?g=" + fakeID(20).String(), "/questions?state=all&days=7", "/glossary", "/retention", "/retention?g=" + fakeID(20).String(), "/retention/people?j=2&week=2026-09-14&g=" + fakeID(20).String(),
	"/board", "/board?days=90&g=" + fakeID(20).String(), "/board/people?what=activated&days=90&g=" + fakeID(20).String(), "/journey?g=" + fakeID(20).String(), "/journey/people?step=3&g=" + fakeID(20).String(), "/bonds?g=" + fakeID(20).String(), "/payments",
	"/dev/ui", "/nowhere", "/duty", "/duty/lockdown", "/duty/alarms/" + fakeID(630).String(), "/duty/alarms/" + fakeID(631).String(), "/me/notify", "/m", "/m/review", "/m/duty", "!/m/in/good",
}

// widths of the window, CSS pixels.
var widths = []int64{1440, 390}

// chrome is the one browser of these tests.
var chrome = browsertest.New(chromedp.Flag("lang", "zh-CN"))

func TestMain(m *testing.M) {
	code := m.Run()
	chrome.End()
	os.Exit(code)
}

// browse gives a test a profile of its own, with a tab.
func browse(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := chrome.Profile(t)
	t.Cleanup(cancel)
	return ctx
}

// fits says what sticks out of the window, and which texts are squeezed to a column narrower than four characters.
const fits = `(() => {
  const bad = [], wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    bad.push("page is " + wide + " px wide");
    for (const el of document.querySelectorAll("body *")) {
      const r = el.getBoundingClientRect();
      if (r.right > innerWidth + 1 && r.width > 0 && !el.closest(".table-wrap,.tabs,.twin-table")) bad.push(el.tagName + "." + el.className + " ends at " + Math.round(r.right));
    }
  }
  for (const el of document.querySelectorAll("main *")) {
    const own = [...el.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join("");
    const r = el.getBoundingClientRect(), em = parseFloat(getComputedStyle(el).fontSize);
    if (own.length >= 6 && r.width > 0 && r.width < 4 * em && r.height > 4 * em) bad.push("squeezed: " + own.slice(0, 20));
  }
  return bad.slice(0, 6).join("; ");
})()`

// window is a tab that listens to its console, and is looked at in one or more widths.
type window struct {
	ctx    context.Context
	widths []int64
	mu     sync.Mutex
	wrong  []string
}

// newWindow opens a tab; it has the first of the widths.
func newWindow(t *testing.T, browser context.Context, widths ...int64) *window {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser)
	w := &window{ctx: tab, widths: widths}
	said := chromedp.Console(tab)
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range said {
			if err != nil {
				return
			}
			w.hear(m)
		}
	}()
	t.Cleanup(func() { cancel(); <-heard })
	if err := errors.Join(browsertest.Resize(tab, widths[0]), browsertest.Unstudied(tab)); err != nil {
		t.Fatal(err)
	}
	return w
}

// hear keeps errors, exceptions and violations of the policy. A page that is an error page is said by the browser to
// have a bad status: that is what was asked for.
func (w *window) hear(m chromedp.ConsoleMessage) {
	if m.Type != chromedp.ConsoleError && !m.IsException() && m.Source != "security" {
		return
	}
	if strings.Contains(m.Text, "status of 404") || strings.Contains(m.Text, "status of 422") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrong = append(w.wrong, m.String()+" "+m.URL)
}

// visit opens a page and returns what is wrong with it at any of the widths. A page with a chart is opened anew for each,
// since its script draws for the width it finds; of any other the window is made narrower, since only the layout differs.
// shot names pictures when QL_SHOTS is set.
func (w *window) visit(url, shot string) string {
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	wrong, charts := []string(nil), true
	for _, width := range w.widths {
		if len(w.widths) > 1 {
			if err := browsertest.Resize(ctx, width); err != nil {
				return err.Error()
			}
		}
		if charts {
			if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
				return err.Error()
			}
		}
		bad, err := w.look(ctx, width, fmt.Sprintf("%s-%d", shot, width))
		if err != nil {
			return err.Error()
		}
		for _, one := range bad {
			wrong = append(wrong, fmt.Sprintf("at %d px: %s", width, one))
		}
		if charts, err = chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("[data-chart]") !== null`)); err != nil {
			return err.Error()
		}
	}
	return strings.Join(wrong, "\n")
}

// look says what is wrong with the page as it stands, once it has the width and its charts, and since the last look.
func (w *window) look(ctx context.Context, width int64, shot string) ([]string, error) {
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(`innerWidth === %d && [...document.querySelectorAll("[data-chart]")].every(el => el.querySelector("canvas"))`, width))); err != nil {
		return nil, fmt.Errorf("width and charts: %w", err)
	}
	bad, err := chromedp.Run(ctx, chromedp.Evaluate[string](fits))
	if err != nil {
		return nil, err
	}
	shut, err := w.shutOut(ctx, width)
	if err != nil {
		return nil, err
	}
	if dir := os.Getenv("QL_SHOTS"); dir != "" {
		picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, shot+".png"), picture, 0o644)); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong := w.wrong
	w.wrong = nil
	for _, one := range []string{bad, shut} {
		if one != "" {
			wrong = append(wrong, one)
		}
	}
	return wrong, nil
}

// shutOut asks for what shuts people out, twice of each page: in its first width in Chinese, there by the keyboard, too; in its last in English.
func (w *window) shutOut(ctx context.Context, width int64) (string, error) {
	want := map[string]int64{"zh-CN": w.widths[0], "en": w.widths[len(w.widths)-1]}
	lang, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.lang`))
	if err != nil || want[lang] != width {
		return "", err
	}
	shut, err := browsertest.ForEverybody(ctx)
	if err != nil || width != w.widths[0] {
		return shut, err
	}
	keys, err := browsertest.ByKeys(ctx)
	if shut != "" && keys != "" {
		shut += "; "
	}
	return shut + keys, err
}

// TestWindowFindsWhatSticksOut: what fits at one width and not at the other is found, when the window is narrowed and when
// the page is opened anew.
func TestWindowFindsWhatSticksOut(t *testing.T) {
	w := newWindow(t, browse(t), widths...)
	for name, page := range map[string]string{
		"a wide part": `<main><p style="width:600px">x</p></main>`,
		"a chart":     `<main><p style="width:600px" data-chart="x"><canvas></canvas></p></main>`,
	} {
		if wrong := w.visit("data:text/html,<!doctype html>"+url.PathEscape(page), "wide"); !strings.Contains(wrong, "at 390 px: page is 6") || strings.Contains(wrong, "1440") {
			t.Errorf("%s: found %q, want that it is too wide at 390 px only", name, wrong)
		}
	}
	if wrong := w.visit("data:text/html,<script>missing()</script>", "broken"); !strings.Contains(wrong, "missing") {
		t.Errorf("a page whose script fails: found %q", wrong)
	}
}

// speak presses the button of the other language where the page is in the wrong one.
func speak(t *testing.T, browser context.Context, base, lang string) {
	t.Helper()
	tab, stop := context.WithTimeout(browser, 20*time.Second)
	defer stop()
	if err := chromedp.Do(tab, chromedp.Navigate(base+"/signin")); err != nil {
		t.Fatal(err)
	}
	is, err := chromedp.Run(tab, chromedp.Evaluate[string](`document.documentElement.lang`))
	if err == nil && is != lang {
		err = chromedp.Do(tab, chromedp.Click(chromedp.CSS(`form[action="/lang"] button`)), chromedp.WaitReady(chromedp.CSS(`html[lang="`+lang+`"]`)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// signIn fills in the form like a person.
func signIn(t *testing.T, browser context.Context, base, login string) {
	t.Helper()
	tab, stop := context.WithTimeout(browser, 20*time.Second)
	defer stop()
	err := chromedp.Do(tab, chromedp.Navigate(base+"/signin"), chromedp.SendKeys(chromedp.CSS("#f-login"), login),
		chromedp.SendKeys(chromedp.CSS("#f-password"), fakePassword), chromedp.Click(chromedp.CSS("button.btn-primary")), chromedp.WaitVisible(chromedp.CSS(".top")), chromedp.Navigate("about:blank"))
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	sound(t, browserPages, newHouse)
}

// TestPagesByHandAndOfAbilitiesAreSoundInABrowser: with a group that people bring, an account that is held back, and texts
// that were pasted.
func TestPagesByHandAndOfAbilitiesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	paste := "/groups/" + fakeID(22).String() + "/paste"
	sound(t, []string{"/connections/abilities", "/connections/abilities?verb=member.mute", "/connections/abilities?q=nothing&level=native", "/connections/" + fakeID(11).String(), "/connections",
		"/settings", "/groups/new", "/groups/" + fakeID(22).String(), paste, paste + "/" + fakeID(500).String(), paste + "/" + fakeID(501).String(), paste + "/" + fakeID(502).String(),
		"/m/paste", "/m/paste/" + fakeID(22).String(), "/m/paste/" + fakeID(22).String() + "/" + fakeID(501).String()}, func() *house {
		h := newHouse()
		h.groups[2].Accounts, h.groups[2].Platform = nil, "wechat"
		h.accounts[0].Restricted, h.accounts[0].RestrictedWhy = fakeNow.UnixMilli()-3600_000, "账号异常，请在手机上完成验证"
		h.imports = []community.ImportRow{{ID: fakeID(500), Group: 3, Name: "粘贴聊天.txt", Format: "wechat-paste", State: "dry", Report: []byte(pasteReportJSON)},
			{ID: fakeID(501), Group: 3, Name: "粘贴名单.txt", Format: "roster-names", State: "dry", Report: []byte(rosterReportJSON)},
			{ID: fakeID(502), Group: 3, Name: "粘贴聊天.txt", Format: "wechat-paste", State: "done", Report: []byte(pasteReportJSON)}}
		return h
	})
}

// sound looks at pages in both widths and languages.
func sound(t *testing.T, pages []string, house func() *house) {
	browser := browse(t)
	w := newWindow(t, browser, widths...)
	for _, lang := range []string{"zh-CN", "en"} {
		h := house()
		h.users[0].Lang = lang
		h.setup[HashToken("welcome")] = fakeNow.Add(time.Minute).UnixMilli()
		v := open(t, h)
		speak(t, browser, v.base, lang)
		for _, signed := range []bool{false, true} {
			if signed {
				signIn(t, browser, v.base, "owner")
			}
			for _, page := range pages {
				path, open := strings.CutPrefix(page, "!")
				if open == signed {
					continue
				}
				shot := strings.NewReplacer("/", "_", "?", "_", "=", "_", fakeID(11).String(), "id", fakeID(2).String(), "id", fakeID(630).String(), "task", fakeID(631).String(), "account").Replace(path)
				if wrong := w.visit(v.base+path, shot+"-"+lang); wrong != "" {
					t.Errorf("%s in %s:\n%s", path, lang, wrong)
				}
			}
		}
		signOut(t, browser, v.base)
	}
}

// soundTo looks as the house's owner, who speaks lang, at pages in both widths; pages are addresses by the names of their
// pictures.
func soundTo(t *testing.T, base, lang string, pages map[string]string) {
	t.Helper()
	browser := browse(t)
	signIn(t, browser, base, "owner")
	w := newWindow(t, browser, widths...)
	for name, path := range pages {
		if wrong := w.visit(base+path, name+"-"+lang); wrong != "" {
			t.Errorf("%s in %s:\n%s", path, lang, wrong)
		}
		if is, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.documentElement.lang`)); err != nil || is != lang {
			t.Errorf("%s is in %q (%v), want %s", path, is, err, lang)
		}
	}
}

func signOut(t *testing.T, browser context.Context, base string) {
	t.Helper()
	tab, stop := context.WithTimeout(browser, 20*time.Second)
	defer stop()
	err := chromedp.Do(tab, chromedp.Navigate(base+"/"), chromedp.Click(chromedp.CSS("details.menu summary")),
		chromedp.Click(chromedp.CSS(`form[action="/signout"] button`)), chromedp.WaitVisible(chromedp.CSS("#f-password")))
	if err != nil {
		t.Fatal(err)
	}
}

// TestPageFollowsWhatHappens: a change on the server reaches an open page over the event stream, without reloading and
// without violating the policy.
func TestPageFollowsWhatHappens(t *testing.T) {
	browser := browse(t)
	h := newHouse()
	v := open(t, h)
	signIn(t, browser, v.base, "mod")
	w := newWindow(t, browser, 1440)
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	const badge = `(document.querySelector("#inbox-tabs .badge")?.textContent ?? "none")`
	if err := chromedp.Do(ctx, chromedp.Navigate(v.base+"/inbox")); err != nil {
		t.Fatal(err)
	}
	before, err := chromedp.Run(ctx, chromedp.Evaluate[string](badge))
	if err != nil || before != "4" {
		t.Fatalf("badge = %q, %v, want 4", before, err)
	}
	h.mu.Lock()
	h.tasks = h.tasks[:3]
	h.mu.Unlock()
	h.changes <- Change{Org: 1, Kind: "task"}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](badge+` === "3"`)); err != nil {
		t.Errorf("the badge did not follow: %v", err)
	}
	turn := func(hidden bool) chromedp.Action[bool] {
		return chromedp.Evaluate[bool](fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %v, configurable: true}); document.dispatchEvent(new Event("visibilitychange"))`, hidden))
	}
	if _, err := chromedp.Run(ctx, turn(true)); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	h.tasks = h.tasks[:2]
	h.mu.Unlock()
	if _, err := chromedp.Run(ctx, turn(false)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](badge+` === "2"`)); err != nil {
		t.Errorf("a page that came back did not catch up: %v", err)
	}
	if len(w.wrong) > 0 {
		t.Errorf("the console says %q", w.wrong)
	}
}

// TestDangerIsAskedAboutFirst: a button opens the question; only the question's own button does it.
func TestDangerIsAskedAboutFirst(t *testing.T) {
	browser := browse(t)
	h := newHouse()
	v := open(t, h)
	signIn(t, browser, v.base, "mod")
	w := newWindow(t, browser, 390)
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	err := chromedp.Do(ctx, chromedp.Navigate(v.base+"/"), chromedp.Click(chromedp.CSS(`[popovertarget="freeze"]`)),
		chromedp.WaitVisible(chromedp.CSS("#freeze")))
	if err != nil || h.frozen {
		t.Fatalf("opening the question: %v, frozen = %v", err, h.frozen)
	}
	err = chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#freeze [name=reason]"), "误报太多"), chromedp.Click(chromedp.CSS("#freeze .btn-danger")),
		chromedp.WaitVisible(chromedp.CSS(".bar-frozen")))
	if err != nil || !h.frozen {
		t.Errorf("answering it: %v, frozen = %v", err, h.frozen)
	}
	if shown, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.querySelector("#nav").checkVisibility()`)); err != nil || shown {
		t.Errorf("menu on a phone before it is opened: shown = %v, %v", shown, err)
	}
	err = chromedp.Do(ctx, chromedp.Click(chromedp.CSS(`[popovertarget="nav"]`)), chromedp.WaitVisible(chromedp.CSS("#nav")))
	if err != nil {
		t.Errorf("the menu does not open on a phone: %v", err)
	}
	if len(w.wrong) > 0 {
		t.Errorf("the console says %q", w.wrong)
	}
}

// TestNewInstallationIsSoundInABrowser looks at the pages while there is nothing to show.
func TestNewInstallationIsSoundInABrowser(t *testing.T) {
	t.Parallel()
	browser := browse(t)
	h := newHouse()
	h.groups, h.members, h.messages, h.decided, h.strikes, h.tasks, h.audit, h.imports, h.books, h.accounts = nil, nil, nil, nil, nil, nil, nil, nil, nil, nil
	h.users, h.quiet = h.users[:1], true
	v := open(t, h)
	signIn(t, browser, v.base, "owner")
	w := newWindow(t, browser, widths...)
	for _, path := range []string{"/", "/inbox", "/connections", "/audit"} {
		if wrong := w.visit(v.base+path, "new"+strings.ReplaceAll(path, "/", "_")); wrong != "" {
			t.Errorf("%s: %s", path, wrong)
		}
	}
}
