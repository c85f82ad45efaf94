// Package i18n holds all words that people read, Chinese and English together, and says them.
//
// catalogue/<area>.<language>.toml holds one area of the product; keys are "<area>.<what>". A message may name values
// as {{.name}}; one that is given "n" may have an English singular ("one") beside "other".
package i18n

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed catalogue/*.toml
var embedded embed.FS

// Languages, the first being the default.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Languages lists what the catalogue speaks.
var Languages = []string{Chinese, English}

// Catalogue is all messages in all languages.
type Catalogue struct {
	in map[string]*Words
}

// Words says messages in one language. They are read when the first is said: what is embedded does not change, reading it is a large
// part of a command's start, and a language that nobody asks for costs five megabytes.
type Words struct {
	Lang string
	say  func() *i18n.Localizer
}

// New gives the catalogue, always the same.
func New() (*Catalogue, error) { return catalogue() }

var catalogue = sync.OnceValues(func() (*Catalogue, error) {
	c := &Catalogue{in: map[string]*Words{}}
	for _, l := range Languages {
		names, err := fs.Glob(embedded, "catalogue/*."+l+".toml")
		if err != nil {
			return nil, err
		}
		c.in[l] = &Words{Lang: l, say: sync.OnceValue(func() *i18n.Localizer { return read(l, names) })}
	}
	return c, nil
})

// read reads the files of a language. It panics over a file that is broken: it came with the program, whose tests read all of them.
func read(lang string, names []string) *i18n.Localizer {
	bundle := i18n.NewBundle(language.MustParse(lang))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	for _, name := range names {
		if _, err := bundle.LoadMessageFileFS(embedded, name); err != nil {
			panic(fmt.Sprintf("catalogue %s: %v", name, err))
		}
	}
	return i18n.NewLocalizer(bundle, lang)
}

// In gives the words of a language; of the default when there is none such.
func (c *Catalogue) In(lang string) *Words {
	if w, ok := c.in[lang]; ok {
		return w
	}
	return c.in[Chinese]
}

// Choose finds the language for an Accept-Language header or a LANG variable: English when it is asked for before
// Chinese, else Chinese.
func (c *Catalogue) Choose(wish string) string {
	wish = strings.ToLower(wish)
	en, zh := strings.Index(wish, "en"), strings.Index(wish, "zh")
	if en >= 0 && (zh < 0 || en < zh) {
		return English
	}
	return Chinese
}

// T says a message. args are names and values in turn; the value named "n" chooses singular or plural. A key that the
// catalogue lacks is said as it is, in brackets; a message without a singular is the same for one.
func (w *Words) T(key string, args ...any) string {
	cfg := i18n.LocalizeConfig{MessageID: key}
	if len(args) > 1 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name, _ := args[i].(string)
			data[name] = args[i+1]
		}
		if n, ok := data["n"]; ok {
			cfg.PluralCount = fmt.Sprint(n)
			data["n"] = w.Number(n)
		}
		cfg.TemplateData = data
	}
	said, err := w.say().Localize(&cfg)
	if err != nil && cfg.PluralCount != nil { // without a singular of its own
		cfg.PluralCount = nil
		said, err = w.say().Localize(&cfg)
	}
	if err != nil {
		return "[" + key + "]"
	}
	return said
}

// Has reports whether the catalogue knows the key.
func (w *Words) Has(key string) bool {
	_, _, err := w.say().LocalizeWithTag(&i18n.LocalizeConfig{MessageID: key})
	return err == nil
}

// Pick chooses from a pair of Chinese and English.
func (w *Words) Pick(pair [2]string) string {
	if w.Lang == English && pair[1] != "" {
		return pair[1]
	}
	return pair[0]
}

// Number writes an integer with thousands separated.
func (w *Words) Number(n any) string {
	s := fmt.Sprint(n)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	if _, err := strconv.ParseUint(s, 10, 64); err != nil {
		return sign + s
	}
	var parts []string
	for len(s) > 3 {
		parts = append(parts, s[len(s)-3:])
		s = s[:len(s)-3]
	}
	parts = append(parts, s)
	slices.Reverse(parts)
	return sign + strings.Join(parts, ",")
}

// Seconds writes a length of time in its largest fitting unit: "1 天", "10 分钟".
func (w *Words) Seconds(n int64) string {
	for _, u := range []struct {
		size int64
		key  string
	}{{86400, "unit.days"}, {3600, "unit.hours"}, {60, "unit.minutes"}} {
		if n >= u.size && (n%u.size == 0 || n >= 10*u.size) {
			return w.T(u.key, "n", n/u.size)
		}
	}
	if n >= 60 {
		return w.T("unit.minutes", "n", (n+30)/60)
	}
	return w.T("unit.seconds", "n", n)
}

// Ago writes how long before now something was (both UTC ms), in one unit; "" for 0.
func (w *Words) Ago(at, now int64) string {
	if at == 0 {
		return ""
	}
	s := (now - at) / 1000
	switch {
	case s < 0:
		return w.T("unit.in", "t", w.Round(-s))
	case s < 60:
		return w.T("unit.now")
	}
	return w.T("unit.ago", "t", w.Round(s))
}

// Round writes a length of time (seconds) in its largest unit, rounded down.
func (w *Words) Round(s int64) string {
	switch {
	case s >= 86400:
		return w.T("unit.days", "n", s/86400)
	case s >= 3600:
		return w.T("unit.hours", "n", s/3600)
	case s >= 60:
		return w.T("unit.minutes", "n", s/60)
	}
	return w.T("unit.seconds", "n", s)
}

// Time writes a moment (UTC ms) in a zone, to the minute: "2026-11-23 16:20"; "" for 0. A nil zone is Asia/Shanghai's
// offset.
func Time(at int64, zone *time.Location) string {
	if at == 0 {
		return ""
	}
	return time.UnixMilli(at).In(Zone(zone)).Format("2006-01-02 15:04")
}

// Zone is the zone itself, or +08:00 (Asia/Shanghai, without daylight saving since 1991) for nil.
func Zone(zone *time.Location) *time.Location {
	if zone == nil {
		return time.FixedZone("Asia/Shanghai", 8*3600)
	}
	return zone
}

type wordsKey struct{}

// With puts words into a context, for pages.
func With(ctx context.Context, w *Words) context.Context {
	return context.WithValue(ctx, wordsKey{}, w)
}

// From takes them out; it panics where nobody put them in.
func From(ctx context.Context) *Words { return ctx.Value(wordsKey{}).(*Words) }

// T says a message in the language of the context.
func T(ctx context.Context, key string, args ...any) string { return From(ctx).T(key, args...) }
