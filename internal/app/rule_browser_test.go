package app_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"qunluo/internal/app"
	"qunluo/internal/browsertest"
	"qunluo/internal/community"
	"qunluo/internal/store/storetest"
)

// chrome is the one browser of these tests.
var chrome = browsertest.New()

// TestMain lets houses stand in memory where there is room: what a disk loses when the power goes is looked at in fault.
func TestMain(m *testing.M) {
	if app.IsReader(os.Args) { // this program is its own reader of pictures
		os.Exit(app.ReadOne())
	}
	if err := os.Setenv("TMPDIR", storetest.InMemory()); err != nil {
		panic(err)
	}
	atOnce()
	code := m.Run()
	chrome.End()
	os.Exit(code)
}

// atOnce lets more tests run beside each other than there are processors, unless the command line says how many.
func atOnce() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if given {
		return
	}
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
}

// screen is a browser window in front of a served house. What its console complains about is kept.
type screen struct {
	t     *testing.T
	ctx   context.Context
	base  string
	shots string // names pictures when QL_SHOTS is set
	mu    sync.Mutex
	wrong []string
}

// look opens a window of a width, in a profile of its own.
func look(t *testing.T, base string, width int64, lang string) *screen {
	t.Helper()
	ctx, cancel := chrome.Profile(t)
	w := &screen{t: t, ctx: ctx, base: base, shots: fmt.Sprintf("%d-%s", width, lang)}
	said, heard := chromedp.Console(ctx), make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range said {
			if err != nil {
				return
			}
			bad := m.Type == chromedp.ConsoleError || m.IsException() || m.Source == "security"
			if bad && !strings.Contains(m.Text, "status of 422") { // a form that comes back with its faults
				w.mu.Lock()
				w.wrong = append(w.wrong, m.String()+" "+m.URL)
				w.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-heard })
	check(t, errors.Join(browsertest.Unstudied(ctx), browsertest.Resize(ctx, width)))
	return w
}

// stuck is what sticks out of the window.
const stuck = `(() => { const wide = document.documentElement.scrollWidth; if (wide <= innerWidth) return "";
  return "page is " + wide + " px wide: " + [...document.querySelectorAll("body *")].filter(el => el.getBoundingClientRect().right > innerWidth + 1 &&
    !el.closest(".table-wrap,.tabs,.twin-table")).slice(0, 4).map(el => el.tagName + "." + el.className).join(", "); })()`

// settle waits until a page stands still and looks whether it fits.
func (w *screen) settle(what string) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	for { // a page that leaves takes the question with it: ask the next one
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.readyState === "complete"`)); err == nil {
			break
		}
		if ctx.Err() != nil {
			w.t.Fatalf("%s: the page never came", what)
		}
	}
	if bad := w.eval(stuck); bad != "" {
		w.t.Errorf("%s: %s", what, bad)
	}
}

func (w *screen) eval(js string) string {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	for {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`String(`+js+`)`))
		if err == nil {
			return got
		}
		if ctx.Err() != nil {
			w.t.Fatalf("%s: %v", js, err)
		}
	}
}

func (w *screen) open(path string) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	for {
		err := chromedp.Do(ctx, chromedp.Navigate(w.base+path))
		if err == nil {
			break
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "ERR_ABORTED") { // a page that loads itself anew at that moment wins
			w.t.Fatalf("%s: %v", path, err)
		}
	}
	w.settle(path)
}

// tap clicks as a person does, on what does not lead away.
func (w *screen) tap(css string) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, 20*time.Second)
	defer stop()
	w.eval(fmt.Sprintf(`document.querySelector(%q)?.scrollIntoView({block: "center", behavior: "instant"})`, css))
	_, err := chromedp.Run(ctx, chromedp.Poll[bool](fmt.Sprintf(`(() => { const e = document.querySelector(%q), at = e && JSON.stringify(e.getBoundingClientRect());
 const still = at && window.stood === at; window.stood = at; return !!still; })()`, css))) // a page that was led to an anchor may still glide
	if err != nil {
		w.t.Fatalf("tap %s on %s: %v", css, w.eval(`location.href`), err)
	}
	if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(css))); err != nil && !strings.Contains(err.Error(), "context with specified id") {
		w.t.Fatalf("tap %s: %v", css, err)
	}
}

// press taps what leads to another page and waits for it. What a browser refuses (a form that is not filled in) never
// leads there.
func (w *screen) press(css string) {
	w.t.Helper()
	w.eval(`(window.before = true)`)
	w.tap(css)
	ctx, stop := context.WithTimeout(w.ctx, 10*time.Second)
	defer stop()
	for {
		left, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.before === undefined && document.readyState === "complete"`))
		if err == nil && left {
			break
		}
		if ctx.Err() != nil {
			w.t.Fatalf("press %s: nothing came of it on %s; the browser refuses: %s", css, w.eval(`location.href`), w.eval(refused))
		}
	}
	w.settle(css)
}

// refused lists the fields that a browser does not let pass.
const refused = `[...document.querySelectorAll("input:invalid,select:invalid,textarea:invalid")].map(e => e.name).join(", ")`

// put fills in a field.
func (w *screen) put(name, value string) {
	w.t.Helper()
	got := w.eval(fmt.Sprintf(`(() => { const e = document.querySelector('[name=%q]'); if (!e) return "no field"; e.value = %q;
 e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return ""; })()`, name, value))
	if got != "" {
		w.t.Fatalf("put %s: %s on %s", name, got, w.eval(`location.href`))
	}
}

// save presses the form's button and wants to hear that it was taken.
func (w *screen) save(what string) {
	w.t.Helper()
	w.press(`form .btn-list button.btn-primary`)
	w.wants(what, "success")
}

// wants looks for a message of a tone on the page.
func (w *screen) wants(what, tone string) {
	w.t.Helper()
	if got := w.eval(`[...document.querySelectorAll(".alert-` + tone + `")].map(e => e.innerText).join(" ")`); strings.TrimSpace(got) == "" {
		w.t.Errorf("%s: no %s on %s; the page says: %s", what, tone, w.eval(`location.href`),
			w.eval(`[...document.querySelectorAll(".alert,.invalid-feedback,.text-danger")].map(e => e.innerText).join(" | ")`))
	}
}

// answer fills in the reason of the question that is open and says yes.
func (w *screen) answer(id, what string) {
	w.t.Helper()
	w.tap(`[popovertarget="` + id + `"]:not([popovertargetaction])`)
	if w.eval(fmt.Sprintf(`!!document.querySelector("#%s [name=reason]")`, id)) == "true" {
		w.eval(fmt.Sprintf(`(document.querySelector("#%s [name=reason]").value = "按同事商量的", "")`, id))
	}
	if w.eval(fmt.Sprintf(`!!document.querySelector("#%s [name=move_none]")`, id)) == "true" {
		w.eval(fmt.Sprintf(`(document.querySelector("#%s [name=move_none]").value = "只是换个说法", "")`, id))
	}
	w.press("#" + id + ` button[type=submit]`)
	w.wants(what, "success")
}

// signIn fills in the form like a person.
func (w *screen) signIn(login string) {
	w.t.Helper()
	w.open("/signin")
	w.put("login", login)
	w.put("password", aPassword)
	w.press("button.btn-primary")
}

// silent reports what the browser's console said.
func (w *screen) silent() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.wrong) > 0 {
		w.t.Errorf("the browser's console says %q", w.wrong)
	}
}

// visited is a page to look at, by the name of its picture.
type visited struct{ name, at string }

// looksAtBothWidths looks, as an owner who is at home in Chinese at 1440 px and in English at 390, at the pages that prepare gives: nothing
// may stick out, and the browser's console stays silent.
func looksAtBothWidths(t *testing.T, shots string, prepare func(t *testing.T, s *shift, owner community.User) []visited) {
	t.Helper()
	browsertest.Need(t)
	t.Parallel()
	for _, c := range []struct {
		lang  string
		width int64
	}{{"zh-CN", 1440}, {"en", 390}} {
		t.Run(fmt.Sprintf("%s %d", c.lang, c.width), func(t *testing.T) {
			s := startShift(t, "", "", reachable)
			users, err := s.app.Store().Users(t.Context(), s.org)
			check(t, err)
			users[0].Lang = c.lang
			_, err = s.app.Store().SaveUser(t.Context(), "test", users[0], "")
			check(t, err)
			pages := prepare(t, s, users[0])
			w := look(t, s.base, c.width, c.lang)
			w.signIn("ming")
			for _, page := range pages {
				w.open(page.at)
				w.shot(shots + "-" + page.name)
			}
			w.silent()
		})
	}
}

// forMembers says whether this is a page for members, outside the console.
const forMembers = `/^\/([a-z]|live|draw|abilities)\//.test(location.pathname)`

func (w *screen) shot(name string) {
	w.t.Helper()
	if w.eval(forMembers) == "true" { // the console's own walk asks of the others
		shut, err := browsertest.ForEverybody(w.ctx)
		if check(w.t, err); shut != "" {
			w.t.Errorf("%s shuts people out: %s", name, shut)
		}
		missed, err := browsertest.ByKeys(w.ctx)
		if check(w.t, err); missed != "" {
			w.t.Errorf("%s by keys: %s", name, missed)
		}
	}
	dir := os.Getenv("QL_SHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	check(w.t, errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, name+"-"+w.shots+".png"), picture, 0o644)))
}

// TestEveryPartOfTheRuleEditorWorksInABrowser goes through the rulebook of a group as its owner does, with real clicks:
// every kind of rule is added and edited, tried, replayed, switched on, published, compared and rolled back, at both
// widths and in both languages. Nothing may stick out, and the browser's console stays silent.
func TestEveryPartOfTheRuleEditorWorksInABrowser(t *testing.T) {
	browsertest.Need(t)
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		for _, width := range []int64{1440, 390} {
			if (lang == "en") != (width == 390) && os.Getenv("QL_SHOTS") == "" {
				continue // a minute each: the other two when somebody looks
			}
			t.Run(fmt.Sprintf("%s %d", lang, width), func(t *testing.T) {
				s := startShift(t, "", "")
				users, err := s.app.Store().Users(t.Context(), s.org)
				check(t, err)
				users[0].Lang = lang
				_, err = s.app.Store().SaveUser(t.Context(), "test", users[0], "")
				check(t, err)
				for _, text := range []string{"加V领取 资料", "早上好", "动动手指赚钱"} {
					s.says(s.member("大刘"), text)
				}
				w := look(t, s.base, width, lang)
				w.signIn("ming")
				editRules(w, s)
				w.silent()
			})
		}
	}
}

func editRules(w *screen, s *shift) {
	at := "/rules/" + s.group.ID.String()
	w.open("/rules")
	w.press(`main a[href="` + at + `"]`)
	w.shot("begin")
	w.press(`form:has([value="general"]) button`)
	w.wants("begin with a preset", "success")
	addEveryKind(w, at)
	editOne(w, at)
	listButtons(w, at)
	wholeBook(w, at)
	tryBox(w, at)
	replayAndEnable(w, s, at)
	compareAndRollBack(w, at)
	asJSON(w, at)
}

// addEveryKind adds a rule of each kind with as little as it needs.
func addEveryKind(w *screen, at string) {
	for kind, fields := range map[string][][2]string{
		"keyword":   {{"params.lists[0].words", "团购\n一折"}},
		"link":      {{"params.allow", "qq.com"}},
		"flood":     {{"params.windows[0].seconds", "60"}, {"params.windows[0].messages", "9"}},
		"probation": {},
		"welcome":   {{"params.entries[0].text", "欢迎 {name}"}},
		"reply":     {{"params.patterns", "报名"}, {"params.text", "看群公告"}},
	} {
		w.open(at)
		w.press(`a[href="` + at + `/new?kind=` + kind + `"]`)
		w.shot("new-" + kind)
		for _, f := range fields {
			w.put(f[0], f[1])
		}
		w.put("name", "试加的 "+kind)
		w.put("id", "added-"+kind)
		w.save("add " + kind)
		if w.eval(`document.querySelector("#rule-added-`+kind+`") !== null`) != "true" {
			w.t.Errorf("the added %s is not in the list", kind)
		}
	}
	w.shot("rules")
}

// editOne uses every button of a rule's form: lists that grow and shrink, a ladder of its own, faults at their fields.
func editOne(w *screen, at string) {
	w.press(`#rule-added-keyword a[href$="/rule/added-keyword"].btn`)
	w.press(`button[value="add:params.lists"]`)
	if got := w.eval(`document.activeElement.name`); !strings.HasPrefix(got, "params.lists[1].") {
		w.t.Errorf("after a list was added the cursor stands in %q", got)
	}
	w.put("params.lists[1].words", "砍一刀")
	w.put("params.lists[1].level", "99")
	w.press(`form .btn-list button.btn-primary`)
	w.wants("a rung that is not there", "danger")
	w.shot("fault")
	w.put("params.lists[1].level", "2")
	w.press(`button[value="add:params.lists"]`)
	w.press(`button[value="drop:params.lists[2]"]`)
	if w.eval(`document.querySelector("details.card").open`) != "true" {
		w.tap(`details.card > summary`)
	}
	w.press(`button[value="add:ladder"]`)
	w.tap(`input[name="ladder[0].actions"][value="mute"]`)
	w.put("ladder[0].mute_seconds", "3600")
	w.shot("edit")
	w.save("edit a rule")
	if got := w.eval(`document.querySelector("#rule-added-keyword").innerText`); !strings.Contains(got, "1 小时") && !strings.Contains(got, "1 hour") {
		w.t.Errorf("the rule does not say its own ladder: %s", got)
	}
}

// listButtons switches, moves and deletes.
func listButtons(w *screen, at string) {
	for _, mode := range []string{"live", "off", "dry"} {
		w.press(`#rule-added-keyword button[value="` + mode + `"]`)
		w.wants("switch to "+mode, "success")
		if w.eval(`document.querySelector('#rule-added-keyword button[value="`+mode+`"]').getAttribute("aria-pressed")`) != "true" {
			w.t.Errorf("the rule is not shown as %s", mode)
		}
	}
	first := w.eval(`document.querySelector("article[id^=rule-]").id`)
	w.press("#" + first + ` button[value="down"]`)
	if got := w.eval(`document.querySelector("article[id^=rule-]").id`); got == first {
		w.t.Errorf("%s did not move down", first)
	}
	w.press("#" + first + ` button[value="up"]`)
	w.open(at + "/rule/added-link")
	w.answer("delete", "delete a rule")
	if w.eval(`document.querySelector("#rule-added-link") === null`) != "true" {
		w.t.Error("a deleted rule is still there")
	}
}

// wholeBook changes what holds for all rules.
func wholeBook(w *screen, at string) {
	w.press(`a[href="` + at + `/book"]`)
	w.put("memory_days", "45")
	w.put("night.from", "22:30")
	w.tap(`input[name="trust_gateway"]`)
	w.press(`button[value="add:ladder"]`)
	w.press(`button[value="drop:ladder[3]"]`)
	w.put("allow.phrases", "团购群规")
	w.shot("book")
	w.save("change the whole book")
	w.shot("draft")
}

// tryBox tries a message, a joining, and what cannot be read.
func tryBox(w *screen, at string) {
	w.open(at + "/test")
	w.put("text", "砍一刀，快来")
	w.put("clock", "23:30")
	w.press(`form[action*="/test"] button.btn-primary`)
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "试加的 keyword") {
		w.t.Errorf("the test box does not name the rule: %s", got)
	}
	w.shot("test")
	w.put("what", "join")
	w.put("scene", "invite")
	w.press(`form[action*="/test"] button.btn-primary`)
	if got := w.eval(`document.querySelector("main").innerText`); !strings.Contains(got, "朋友之邀") {
		w.t.Errorf("the test box does not greet who was invited: %s", got)
	}
	w.put("clock", "25 点")
	w.press(`form[action*="/test"] button.btn-primary`)
	w.wants("a time that is none", "danger")
}

// replayAndEnable replays over the group's past and, from the same screen, switches a rule on, publishes and lets the
// group act.
func replayAndEnable(w *screen, s *shift, at string) {
	w.open(at + "/replay?run=1&days=30")
	w.shot("replay")
	page := w.eval(`document.querySelector("main").innerText`)
	for _, word := range []string{"大刘", "加V领取", "动动手指赚钱"} {
		if !strings.Contains(page, word) {
			w.t.Errorf("the replay does not show %s: %s", word, page)
		}
	}
	if got := w.eval(`[...document.querySelectorAll("tr,article,li")].find(e => e.innerText.includes("广告引流"))?.innerText ?? ""`); !strings.ContainsAny(got, "1") {
		w.t.Errorf("the replay counts no consequences for the rule: %q", got)
	}
	w.answer("enable-added-keyword", "switch one rule on from the replay")
	if g, err := s.desk.GroupByKey(w.t.Context(), s.group.Key); err != nil || g.Mode != community.Observe || g.Book != 1 {
		w.t.Errorf("after one rule was switched on: %s, version %d (%v); want observing version 1", g.Mode, g.Book, err)
	}
	w.open(at + "/replay?run=1&days=30")
	w.answer("act", "switch the group on from the replay")
	if g, err := s.desk.GroupByKey(w.t.Context(), s.group.Key); err != nil || g.Mode != community.Live || g.Book != 2 {
		w.t.Errorf("after the group was switched on: %s, version %d (%v); want live version 2", g.Mode, g.Book, err)
	}
	w.press(`#rule-added-reply button[value="live"]`)
	w.open(at + "/replay?run=1&days=7&against=force")
	w.shot("replay-difference")
	w.answer("publish", "publish from the replay")
}

func compareAndRollBack(w *screen, at string) {
	w.open(at + "/versions")
	w.put("a", "1")
	w.put("b", "3")
	w.press(`main form[method="get"] button`)
	if got := w.eval(`document.querySelector(".diff")?.innerText ?? ""`); !strings.Contains(got, "+ live") {
		w.t.Errorf("the difference of versions 1 and 3 does not show the rule that was switched on: %s", got)
	}
	w.shot("versions")
	w.answer("roll-1", "roll back")
}

func asJSON(w *screen, at string) {
	w.open(at + "/json")
	book := w.eval(`document.querySelector("[name=json]").value`)
	w.put("json", "{half")
	w.press(`form button.btn-primary`)
	w.wants("half a book", "danger")
	w.put("json", strings.Replace(book, `"memory_days": 45`, `"memory_days": 60`, 1))
	w.press(`form button.btn-primary`)
	w.wants("a book as JSON", "success")
	w.shot("diff")
	w.answer("discard", "discard the draft")
}
