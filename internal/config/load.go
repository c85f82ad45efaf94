package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/v2"
)

// Input is everything settings may come from. Its zero value gives the defaults.
type Input struct {
	Optional []string          // files that need not exist, in order
	Files    []string          // files that must exist, in order
	Env      []string          // NAME=value, as os.Environ gives it
	Flags    map[string]string // by key
}

// Standard is the input of a process: the usual files, then those named, then the environment and flags.
func Standard(files []string, env []string, flags map[string]string) Input {
	return Input{Optional: []string{"/etc/qunluo/qunluo.toml", "qunluo.toml"}, Files: files, Env: env, Flags: flags}
}

// layer is the settings of one source.
type layer struct {
	source func(key string) string
	values *koanf.Koanf
	file   bool // a settings file: no secrets
	flags  bool
}

// given is a setting as the highest layer gave it.
type given struct {
	value  any
	source string
	layer  layer
}

// Load reads, merges and checks the settings. The error is Problems: everything that is wrong. Values are returned even
// then, as far as they could be read.
func Load(in Input) (Config, []Value, error) {
	layers, problems := in.layers()
	keys := Keys()
	top := map[string]given{}
	for _, l := range layers {
		for _, name := range l.values.Keys() {
			if _, ok := find(keys, name); !ok {
				problems = append(problems, Problem{Key: name, Source: l.source(name), Code: "unknown", Want: Nearest(name, names(keys))})
				continue
			}
			top[name] = given{l.values.Get(name), l.source(name), l}
		}
	}
	r := reader{keys: keys, top: top, problems: problems, values: map[string]any{}}
	values := r.readAll()
	if len(r.problems) > 0 {
		return Config{}, values, r.problems
	}
	return r.config(), values, nil
}

func (in Input) layers() ([]layer, Problems) {
	var out []layer
	var problems Problems
	for i, name := range append(append([]string{}, in.Optional...), in.Files...) {
		l, problem := fileLayer(name, i < len(in.Optional))
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		out = append(out, l)
	}
	return append(out, envLayer(in.Env), flagLayer(in.Flags)), problems
}

func fileLayer(name string, optional bool) (layer, *Problem) {
	l := layer{source: func(string) string { return name }, values: koanf.New("."), file: true}
	raw, err := os.ReadFile(name)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, &Problem{Source: name, Code: "file", Want: reasonOf(err)}
	}
	if err := l.values.Load(bytesOf(raw), toml.Parser()); err != nil {
		return l, &Problem{Source: name, Code: "syntax", Want: err.Error()}
	}
	return l, nil
}

// reasonOf is the cause without the path, which is said already.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

func envLayer(env []string) layer {
	l := layer{values: koanf.New("."), source: func(key string) string { return "environment " + EnvName(key) }}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		rest, ours := strings.CutPrefix(name, "QL_")
		if !ours || ignored(rest) {
			continue
		}
		key := strings.ToLower(strings.ReplaceAll(rest, "__", "."))
		_ = l.values.Set(key, value) // errors only when the key's parent is not a table: said as unknown
	}
	return l
}

func ignored(rest string) bool {
	for _, name := range ignoredEnv {
		if rest == name {
			return true
		}
	}
	return false
}

// EnvName is the environment variable of a key: QL_SERVER__LISTEN for server.listen.
func EnvName(key string) string {
	return "QL_" + strings.ToUpper(strings.ReplaceAll(key, ".", "__"))
}

func flagLayer(flags map[string]string) layer {
	l := layer{values: koanf.New("."), flags: true, source: func(key string) string {
		if _, asIs := flags[key]; asIs {
			return "--" + strings.NewReplacer(".", "-", "_", "-").Replace(key)
		}
		return "flags"
	}}
	for key, value := range flags {
		_ = l.values.Set(key, value)
	}
	return l
}

// bytesOf is a koanf provider of bytes in memory.
type bytesOf []byte

func (b bytesOf) ReadBytes() ([]byte, error)    { return b, nil }
func (b bytesOf) Read() (map[string]any, error) { return nil, errors.New("needs a parser") }

func names(keys []Key) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = k.Name
	}
	return out
}

// reader turns what was given into checked values.
type reader struct {
	keys     []Key
	top      map[string]given
	problems Problems
	values   map[string]any // string, bool or []string
}

func (r *reader) readAll() []Value {
	shown := make([]Value, 0, len(r.keys))
	for _, k := range r.keys {
		g, ok := r.top[k.Name]
		if !ok {
			g = given{k.Default, "default", layer{}}
		}
		value, problem := k.read(g)
		if problem != nil {
			r.problems = append(r.problems, *problem)
			continue
		}
		r.values[k.Name] = value
		shown = append(shown, Value{k.Name, show(k, value), g.source, k.Help})
	}
	r.readFile("database.url", databaseURL, "sqlite:PATH, postgres://…")
	r.readFile("mail.password", func(string) string { return "" }, "a text")
	sort.SliceStable(r.problems, func(i, j int) bool { return r.problems[i].Source < r.problems[j].Source })
	return shown
}

// read checks one value. A number or a date in TOML where a text is wanted is a problem of kind.
func (k Key) read(g given) (any, *Problem) {
	wrong := func(want string) *Problem {
		return &Problem{Key: k.Name, Source: g.source, Code: "value", Value: k.mask(fmt.Sprint(g.value)), Want: want}
	}
	if (g.layer.file || g.layer.flags) && k.secretIn(fmt.Sprint(g.value)) {
		return nil, &Problem{Key: k.Name, Source: g.source, Code: "secret", Want: k.Name + "_file, " + EnvName(k.Name)}
	}
	switch k.kind {
	case flag:
		return readFlag(g.value, wrong)
	case list:
		return k.readList(g.value, wrong)
	}
	s, ok := g.value.(string)
	if !ok {
		return nil, wrong("a text")
	}
	if k.check != nil {
		if want := k.check(s); want != "" {
			return nil, wrong(want)
		}
	}
	return s, nil
}

func readFlag(value any, wrong func(string) *Problem) (any, *Problem) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b, nil
		}
	}
	return nil, wrong("true, false")
}

func (k Key) readList(value any, wrong func(string) *Problem) (any, *Problem) {
	var items []string
	switch v := value.(type) {
	case []string:
		items = v
	case string:
		items = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, wrong("a list of texts")
			}
			items = append(items, s)
		}
	default:
		return nil, wrong("a list of texts")
	}
	for _, item := range items {
		if want := k.check(item); want != "" {
			return nil, wrong(want)
		}
	}
	return items, nil
}

func (k Key) mask(s string) string {
	if k.Secret && s != "" {
		return Masked
	}
	return s
}

func show(k Key, value any) string {
	switch v := value.(type) {
	case []string:
		return strings.Join(v, ",")
	case string:
		if k.secretIn(v) {
			return Masked
		}
		return v
	}
	return fmt.Sprint(value)
}

// readFile puts the content of the file that <name>_file names in place of the setting.
func (r *reader) readFile(setting string, check func(string) string, want string) {
	key := setting + "_file"
	name, _ := r.values[key].(string)
	if name == "" {
		return
	}
	source := r.top[key].source
	if given, _ := r.values[setting].(string); given != "" {
		r.problems = append(r.problems, Problem{Key: setting, Source: source, Code: "both", Want: key})
		return
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		r.problems = append(r.problems, Problem{Key: key, Source: name, Code: "file", Want: reasonOf(err)})
		return
	}
	text := strings.TrimSpace(string(raw))
	if check(text) != "" || text == "" {
		r.problems = append(r.problems, Problem{Key: key, Source: name, Code: "value", Value: Masked, Want: want})
		return
	}
	r.values[setting] = text
}

// config puts the checked values into their places.
func (r *reader) config() Config {
	text := func(key string) string { s, _ := r.values[key].(string); return s }
	yes := func(key string) bool { b, _ := r.values[key].(bool); return b }
	var level slog.Level
	_ = level.UnmarshalText([]byte(text("log.level"))) // checked by the key
	prefixes := func(key string) (out []netip.Prefix) {
		list, _ := r.values[key].([]string)
		for _, p := range list {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	}
	c := Config{
		DataDir:  text("data_dir"),
		Database: Database{URL: text("database.url")},
		Server: Server{
			Listen: text("server.listen"), LocalListen: text("server.local_listen"),
			PublicURL: strings.TrimRight(text("server.public_url"), "/"), Insecure: yes("server.insecure"),
		},
		Log:    Log{Level: level, JSON: text("log.format") == "json"},
		Intake: Intake{PrivateChats: yes("intake.private_chats")},
		Mail: Mail{
			Host: text("mail.host"), From: text("mail.from"), User: text("mail.user"), Password: text("mail.password"), TLS: text("mail.tls"),
		},
		Notify: Notify{Allow: prefixes("notify.allow")},

		Jurisdiction: text("jurisdiction"),
	}
	c.Server.TrustedProxies = prefixes("server.trusted_proxies")
	return c
}
