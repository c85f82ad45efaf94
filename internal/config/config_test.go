package config

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func problemsOf(t *testing.T, in Input) Problems {
	t.Helper()
	_, _, err := Load(in)
	ps, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("Load = %v, want Problems", err)
	}
	return ps
}

func TestDefaultsAreGood(t *testing.T) {
	c, values, err := Load(Input{})
	if err != nil {
		t.Fatal(err)
	}
	if c.DataDir != "data" || c.Server.Listen != "127.0.0.1:8080" || c.Server.LocalListen != "127.0.0.1:9090" || c.Log.Level != slog.LevelInfo {
		t.Errorf("defaults = %+v", c)
	}
	if len(values) != len(Keys()) {
		t.Errorf("%d values shown, want %d", len(values), len(Keys()))
	}
	for _, v := range values {
		if v.Source != "default" {
			t.Errorf("%s comes from %q, want default", v.Key, v.Source)
		}
	}
}

func TestLaterSourcesWin(t *testing.T) {
	etc := file(t, "etc.toml", "data_dir = \"a\"\n[server]\nlisten = \"1.1.1.1:1\"\ninsecure = true\n")
	first := file(t, "first.toml", "[server]\nlisten = \"2.2.2.2:2\"\npublic_url = \"https://qun.example.com/\"\n")
	second := file(t, "second.toml", "[server]\nlisten = \"3.3.3.3:3\"\n[log]\nlevel = \"warn\"\n")
	in := Input{Optional: []string{etc, filepath.Join(t.TempDir(), "absent.toml")}, Files: []string{first, second}}
	steps := []struct {
		env, flag    string
		want, source string
	}{
		{"", "", "3.3.3.3:3", second},
		{"4.4.4.4:4", "", "4.4.4.4:4", "environment QL_SERVER__LISTEN"},
		{"4.4.4.4:4", "5.5.5.5:5", "5.5.5.5:5", "--server-listen"},
	}
	for _, s := range steps {
		in.Env, in.Flags = nil, nil
		if s.env != "" {
			in.Env = []string{"QL_SERVER__LISTEN=" + s.env}
		}
		if s.flag != "" {
			in.Flags = map[string]string{"server.listen": s.flag}
		}
		c, values, err := Load(in)
		if err != nil {
			t.Fatal(err)
		}
		if c.Server.Listen != s.want || sourceOf(values, "server.listen") != s.source {
			t.Errorf("listen = %s from %s, want %s from %s", c.Server.Listen, sourceOf(values, "server.listen"), s.want, s.source)
		}
		if c.DataDir != "a" || !c.Server.Insecure || c.Server.PublicURL != "https://qun.example.com" || c.Log.Level != slog.LevelWarn {
			t.Errorf("settings of the other files were lost: %+v", c)
		}
	}
}

func sourceOf(values []Value, key string) string {
	for _, v := range values {
		if v.Key == key {
			return v.Source
		}
	}
	return ""
}

func TestUnknownKeyNamesTheNearest(t *testing.T) {
	cases := []struct{ toml, env, key, want string }{
		{"[server]\nlistne = \"x\"", "", "server.listne", "server.listen"},
		{"datadir = \"x\"", "", "datadir", "data_dir"},
		{"", "QL_LOG__LEVLE=debug", "log.levle", "log.level"},
		{"zebra = 1", "", "zebra", ""},
	}
	for _, c := range cases {
		in := Input{Files: []string{file(t, "q.toml", c.toml)}}
		if c.env != "" {
			in.Env = []string{c.env}
		}
		ps := problemsOf(t, in)
		if len(ps) != 1 || ps[0].Code != "unknown" || ps[0].Key != c.key || ps[0].Want != c.want {
			t.Errorf("%q %q: problems = %+v, want unknown %s near %q", c.toml, c.env, ps, c.key, c.want)
		}
	}
}

func TestTestVariablesAreNotSettings(t *testing.T) {
	if _, _, err := Load(Input{Env: []string{"QL_REQUIRE=pg", "QL_TESTDATA=x", "QL_PEERS=x", "QL_SEED=7", "QL_KILLS=20", "HOME=/root"}}); err != nil {
		t.Error(err)
	}
}

func TestEverythingWrongIsSaidAtOnce(t *testing.T) {
	name := file(t, "q.toml", `
data_dir = ""
[server]
listen = "nowhere"
public_url = "ftp://x"
insecure = "perhaps"
trusted_proxies = ["10.0.0.0/8", "ten"]
[log]
level = 3
format = "xml"
[intake]
private_chats = 1
`)
	got := map[string]bool{}
	for _, p := range problemsOf(t, Input{Files: []string{name}}) {
		got[p.Key] = true
		if p.Source != name {
			t.Errorf("%s is said to stand in %q, want %q", p.Key, p.Source, name)
		}
	}
	for _, key := range []string{"data_dir", "server.listen", "server.public_url", "server.insecure", "server.trusted_proxies", "log.level", "log.format", "intake.private_chats"} {
		if !got[key] {
			t.Errorf("nothing said about %s", key)
		}
	}
}

func TestPasswordInAFileOrFlagIsRefused(t *testing.T) {
	const url = "postgres://ql:hunter2@db/ql"
	ins := []Input{
		{Files: []string{file(t, "q.toml", "[database]\nurl = \""+url+"\"\n")}},
		{Flags: map[string]string{"database.url": url}},
		{Flags: map[string]string{"database.url": "postgres://db/ql?password=hunter2"}},
	}
	for _, in := range ins {
		ps := problemsOf(t, in)
		if len(ps) != 1 || ps[0].Code != "secret" || strings.Contains(ps.Error(), "hunter2") {
			t.Errorf("problems = %v, want one about the secret that does not repeat it", ps)
		}
	}
}

func TestSecretsAreMasked(t *testing.T) {
	const url = "postgres://ql:hunter2@db/ql"
	c, values, err := Load(Input{Env: []string{"QL_DATABASE__URL=" + url}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Database.URL != url {
		t.Errorf("url = %q", c.Database.URL)
	}
	for _, v := range values {
		if strings.Contains(v.Value, "hunter2") {
			t.Errorf("%s shows the password: %s", v.Key, v.Value)
		}
	}
}

func TestSecretFromAFile(t *testing.T) {
	name := file(t, "url", "postgres://ql:hunter2@db/ql\n")
	c, _, err := Load(Input{Env: []string{"QL_DATABASE__URL_FILE=" + name}})
	if err != nil || c.Database.URL != "postgres://ql:hunter2@db/ql" {
		t.Errorf("url = %q, %v", c.Database.URL, err)
	}
	ps := problemsOf(t, Input{Env: []string{"QL_DATABASE__URL_FILE=" + name, "QL_DATABASE__URL=sqlite:x.db"}})
	if ps[0].Code != "both" {
		t.Errorf("problems = %v, want both", ps)
	}
	if ps := problemsOf(t, Input{Env: []string{"QL_DATABASE__URL_FILE=" + name + "x"}}); ps[0].Code != "file" {
		t.Errorf("problems = %v, want file", ps)
	}
}

func TestNamedFileMustExistAndBeTOML(t *testing.T) {
	if ps := problemsOf(t, Input{Files: []string{filepath.Join(t.TempDir(), "absent.toml")}}); ps[0].Code != "file" {
		t.Errorf("problems = %v, want file", ps)
	}
	if ps := problemsOf(t, Input{Optional: []string{file(t, "q.toml", "= 3")}}); ps[0].Code != "syntax" {
		t.Errorf("problems = %v, want syntax", ps)
	}
}

func TestProblemsAreSaidInBothLanguages(t *testing.T) {
	for _, code := range []string{"unknown", "value", "secret", "file", "syntax", "both"} {
		w := Problem{Key: "log.level", Source: "q.toml", Code: code, Value: "x", Want: "info"}.Words()
		if w[0] == "" || w[1] == "" || w[0] == w[1] {
			t.Errorf("%s: %q", code, w)
		}
	}
	for _, k := range Keys() {
		if k.Help[0] == "" || k.Help[1] == "" {
			t.Errorf("%s has no help in both languages", k.Name)
		}
	}
}

// TestMailPasswordIsASecretThroughout: it is no address that may hold one, it is one.
func TestMailPasswordIsASecretThroughout(t *testing.T) {
	for _, in := range []Input{
		{Files: []string{file(t, "q.toml", "[mail]\npassword = \"hunter2\"\n")}},
		{Flags: map[string]string{"mail.password": "hunter2"}},
	} {
		if ps := problemsOf(t, in); len(ps) != 1 || ps[0].Code != "secret" || strings.Contains(ps.Error(), "hunter2") {
			t.Errorf("problems = %v, want one about the secret that does not repeat it", ps)
		}
	}
	name := file(t, "mail", "hunter2\n")
	for _, env := range []string{"QL_MAIL__PASSWORD=hunter2", "QL_MAIL__PASSWORD_FILE=" + name} {
		c, values, err := Load(Input{Env: []string{env, "QL_MAIL__HOST=mail.example.com:587", "QL_NOTIFY__ALLOW=10.0.0.0/8"}})
		if err != nil || c.Mail.Password != "hunter2" || len(c.Notify.Allow) != 1 {
			t.Fatalf("%s: %+v, %v", env, c.Mail, err)
		}
		for _, v := range values {
			if strings.Contains(v.Value, "hunter2") {
				t.Errorf("%s shows the password", v.Key)
			}
		}
	}
}
