package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/i18n"
)

// Frame is what every page carries besides its own content.
type Frame struct {
	Assets   func(name string) string // address of a static file
	Token    string                   // form token
	Menu     []MenuGroup
	Path     string // path and query of the page, for coming back after a change of language
	Title    string // of the page, said
	User     string // name of the person; "" = nobody is signed in
	Role     string
	Insecure bool
	Demo     bool // the people are invented: the ribbon 演示
	Visit    bool // an owner looks at the demonstration, and may go back
	Offer    bool // there is a demonstration that an owner may look at
	Frozen   bool
	Live     bool        // the page listens to /live
	Search   bool        // there are messages to search
	Charts   bool        // the page shows charts: loads ECharts
	Begin    string      // the first steps that are open, said; "" = none
	OnDuty   string      // who is on duty, said; "" = there is no roster
	Scope    string      // the working scope, said; "" = everything
	ScopeTag string      // its tag
	Scopes   []Option    // what it may be; none = there is nothing to choose
	Phone    bool        // one of the phone's pages
	Tabs     []MenuEntry // of the phone's pages
	Flash    *Flash
	Zone     *time.Location // nil = Asia/Shanghai
	Now      int64          // UTC ms
}

// MenuGroup is a group of the side bar; its title is "" for the entries above the groups.
type MenuGroup struct {
	Title   string
	Entries []MenuEntry
}

// MenuEntry is a line of the side bar. Badge counts work waiting for a person; 0 shows nothing.
type MenuEntry struct {
	Title, Icon, Path string
	Here              bool
	Badge             int
}

// Flash is a result in words; Undo is the address that takes it back, "" where there is none.
type Flash struct {
	Kind string // "ok", "warning", "danger"
	Text string
	Undo string
}

type frameKey struct{}

// With puts the frame into the context that pages are rendered with.
func With(ctx context.Context, f *Frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

func frame(ctx context.Context) *Frame { return ctx.Value(frameKey{}).(*Frame) }

// Asset is the address of a static file.
func Asset(ctx context.Context, name string) string { return frame(ctx).Assets(name) }

// Say says a key of the catalogue.
func Say(ctx context.Context, key string, args ...any) string { return i18n.T(ctx, key, args...) }

// At writes a moment (UTC ms) in the frame's zone.
func At(ctx context.Context, at int64) string { return i18n.Time(at, frame(ctx).Zone) }

// Ago writes how long ago a moment was.
func Ago(ctx context.Context, at int64) string { return i18n.From(ctx).Ago(at, frame(ctx).Now) }

func iso(at int64) string { return time.UnixMilli(at).UTC().Format(time.RFC3339) }

// Count writes a number with thousands separated.
func Count[N ~int | ~int64](ctx context.Context, n N) string { return i18n.From(ctx).Number(int64(n)) }

// Visible shows control and direction characters as their code points, so that a name cannot reorder the page.
func Visible(s string) string {
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "⟦%04X⟧", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hidden: C0 and C1 controls besides tab and line end, zero width, bidi controls, BOM (trust.md §8). The joiner U+200D
// stays: family emoji are made with it.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\t' || r == 0x200D:
		return false
	case r < 0x20 || r >= 0x7F && r < 0xA0:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0xFEFF:
		return true
	}
	return false
}

func safe(u string) templ.SafeURL { return templ.URL(u) }
