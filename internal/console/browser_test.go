package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browserPages are looked at in a real browser: both widths, both languages, owner. "!" at the front: not signed in.
var browserPages = []string{
	"!/signin", "!/setup/welcome", "/", "/inbox", "/inbox?state=done", "/inbox?state=expired", "/connections", "/connections/new?kind=onebot", "/connections/new?kind=sim",
	"/connections/" + fakeID(11).String(), "/users", "/users/new", "/users/" + fakeID(2).String(), "/me", "/audit", "/audit?verb=nothing", "/settings",
	"/dev/ui", "/nowhere",
}

// widths of the window, CSS pixels.
var widths = []int64{1440, 390}

// chromium finds the browser or skips; QL_REQUIRE=chromium makes that a failure.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if slices.Contains(strings.Split(os.Getenv("QL_REQUIRE"), ","), "chromium") {
		t.Fatal("no Chromium, and QL_REQUIRE asks for it")
	}
	t.Skip("no Chromium on this machine")
	return ""
}

// browse starts one browser for a test.
func browse(t *testing.T) context.Context {
	t.Helper()
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.Flag("lang", "zh-CN"))
	alloc, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
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

// visit opens a page in a tab of its own and returns what is wrong with it. shot names a picture when QL_SHOTS is set.
func visit(t *testing.T, browser context.Context, url, shot string, width int64, steps ...chromedp.Action[chromedp.Void]) string {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, stop := context.WithTimeout(tab, 20*time.Second)
	defer stop()
	said := chromedp.Console(tab)
	var wrong []string
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		for m, err := range said {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.IsException() || m.Source == "security" {
				if strings.Contains(m.Text, "status of 404") || strings.Contains(m.Text, "status of 422") {
					continue // the page asked for is an error page
				}
				wrong = append(wrong, m.String()+" "+m.URL)
			}
		}
	}()
	all := []chromedp.Action[chromedp.Void]{chromedp.EmulateViewport(width, map[int64]int64{1440: 900, 390: 844}[width]), chromedp.Navigate(url)}
	all = append(all, steps...)
	if err := chromedp.Do(tab, all...); err != nil {
		return err.Error()
	}
	if _, err := chromedp.Run(tab, chromedp.Poll[bool](`[...document.querySelectorAll("[data-chart]")].every(el => el.querySelector("canvas"))`)); err != nil {
		return fmt.Sprintf("charts: %v", err)
	}
	bad, err := chromedp.Run(tab, chromedp.Evaluate[string](fits))
	if err != nil {
		return err.Error()
	}
	if dir := os.Getenv("QL_SHOTS"); dir != "" {
		picture, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
		if err != nil {
			return err.Error()
		}
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, shot+".png"), picture, 0o644)); err != nil {
			return err.Error()
		}
	}
	cancel()
	<-heard
	if bad != "" {
		wrong = append(wrong, bad)
	}
	return strings.Join(wrong, "\n")
}

// speak presses the button of the other language where the page is in the wrong one.
func speak(t *testing.T, browser context.Context, base, lang string) {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, stop := context.WithTimeout(tab, 20*time.Second)
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
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, stop := context.WithTimeout(tab, 20*time.Second)
	defer stop()
	err := chromedp.Do(tab, chromedp.Navigate(base+"/signin"), chromedp.SendKeys(chromedp.CSS("#f-login"), login),
		chromedp.SendKeys(chromedp.CSS("#f-password"), fakePassword), chromedp.Click(chromedp.CSS("button.btn-primary")), chromedp.WaitVisible(chromedp.CSS(".top")))
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagesAreSoundInABrowser(t *testing.T) {
	browser := browse(t)
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		h.setup[HashToken("welcome")] = fakeNow.Add(time.Minute).UnixMilli()
		v := open(t, h)
		speak(t, browser, v.base, lang)
		for _, signed := range []bool{false, true} {
			if signed {
				signIn(t, browser, v.base, "owner")
			}
			for _, page := range browserPages {
				path, open := strings.CutPrefix(page, "!")
				if open == signed {
					continue
				}
				for _, width := range widths {
					shot := fmt.Sprintf("%s-%d-%s", strings.NewReplacer("/", "_", "?", "_", "=", "_", fakeID(11).String(), "id", fakeID(2).String(), "id").Replace(path), width, lang)
					if wrong := visit(t, browser, v.base+path, shot, width); wrong != "" {
						t.Errorf("%s at %d px in %s:\n%s", path, width, lang, wrong)
					}
				}
			}
		}
		signOut(t, browser, v.base)
	}
}

func signOut(t *testing.T, browser context.Context, base string) {
	t.Helper()
	tab, cancel := chromedp.NewContext(browser)
	defer cancel()
	tab, stop := context.WithTimeout(tab, 20*time.Second)
	defer stop()
	err := chromedp.Do(tab, chromedp.Navigate(base+"/"), chromedp.Click(chromedp.CSS("details.menu summary")),
		chromedp.Click(chromedp.CSS(`form[action="/signout"] button`)), chromedp.WaitVisible(chromedp.CSS("#f-password")))
	if err != nil {
		t.Fatal(err)
	}
}
