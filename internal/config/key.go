package config

import (
	"slices"
	"strings"
)

// kind says how a setting's value is written.
type kind int

const (
	text kind = iota
	flag      // true or false
	list      // texts; in the environment and in flags separated by commas
)

// Key describes one setting.
type Key struct {
	Name    string // "server.listen"
	Default any    // string, bool or []string
	Help    [2]string
	// Secret values may come from the environment or from a file named by <Name>_file, never from a settings file or a
	// flag, and are masked wherever settings are shown.
	Secret bool
	kind   kind
	check  func(text string) string // what is wanted instead, "" = good
	holds  func(text string) bool   // Secret: whether a value holds one; nil = every value that is set
}

// Keys lists every setting in the order to show them.
func Keys() []Key {
	return []Key{
		{Name: "data_dir", Default: "data",
			Help: [2]string{"数据目录：数据库、备份、锁和本机套接字", "data directory: database, backups, lock and local socket"}, check: notEmpty},
		{Name: "database.url", Default: "", Secret: true,
			Help:  [2]string{"数据库地址，空 = 数据目录里的 SQLite；sqlite:路径 或 postgres://…", "database address, empty = SQLite in the data directory; sqlite:PATH or postgres://…"},
			check: databaseURL, holds: HoldsPassword},
		{Name: "database.url_file", Default: "",
			Help: [2]string{"存放数据库地址的文件，代替 database.url", "file that holds the database address, instead of database.url"}},
		{Name: "server.listen", Default: "127.0.0.1:8080",
			Help: [2]string{"控制台监听地址", "address of the console"}, check: address},
		{Name: "server.local_listen", Default: "127.0.0.1:9090",
			Help: [2]string{"本机监听地址（健康检查、指标），空 = 不开", "local address (health, metrics), empty = off"}, check: optionalAddress},
		{Name: "server.public_url", Default: "",
			Help: [2]string{"外部访问地址，如 https://qun.example.com", "how people reach the server, e.g. https://qun.example.com"}, check: publicURL},
		{Name: "server.insecure", Default: false, kind: flag,
			Help: [2]string{"允许在没有 TLS 的非本机地址上登录（每页显示警示）", "allow sign-in without TLS beyond this machine (every page says so)"}},
		{Name: "server.trusted_proxies", Default: []string{}, kind: list,
			Help: [2]string{"可信反向代理的地址段（CIDR）", "address ranges of trusted reverse proxies (CIDR)"}, check: prefix},
		{Name: "log.level", Default: "info",
			Help: [2]string{"日志级别：debug、info、warn、error", "log level: debug, info, warn, error"}, check: oneOf("debug", "info", "warn", "error")},
		{Name: "log.format", Default: "text",
			Help: [2]string{"日志格式：text 或 json", "log format: text or json"}, check: oneOf("text", "json")},
		{Name: "intake.private_chats", Default: false, kind: flag,
			Help: [2]string{"是否接收私聊消息（默认拒收）", "whether private chats are taken (refused by default)"}},
		{Name: "mail.host", Default: "",
			Help: [2]string{"发信服务器 HOST:PORT，空 = 不发邮件", "mail server HOST:PORT, empty = no mail"}, check: optionalAddress},
		{Name: "mail.from", Default: "",
			Help: [2]string{"发件人地址", "the sender's address"}, check: optionalMail},
		{Name: "mail.user", Default: "",
			Help: [2]string{"发信服务器的用户名，空 = 不登录", "user at the mail server, empty = no sign-in"}},
		{Name: "mail.password", Default: "", Secret: true,
			Help: [2]string{"发信服务器的密码，只能来自环境变量或文件", "password at the mail server, from the environment or a file only"}},
		{Name: "mail.password_file", Default: "",
			Help: [2]string{"存放发信密码的文件，代替 mail.password", "file that holds the mail password, instead of mail.password"}},
		{Name: "mail.tls", Default: "starttls",
			Help: [2]string{"发信加密：starttls、tls，或只在本机用的 none", "encryption of mail: starttls, tls, or none for a server on this machine"}, check: oneOf("starttls", "tls", "none")},
		{Name: "notify.allow", Default: []string{}, kind: list,
			Help: [2]string{"允许 webhook 访问的内网地址段（CIDR），默认全部拒绝", "address ranges inside the network that webhooks may call (CIDR), refused by default"}, check: prefix},
		{Name: "jurisdiction", Default: "CN",
			Help: [2]string{"数据所在法域（两个字母）：语言模型的地址不在这里时，要有人书面确认才能用", "jurisdiction of the data (two letters): a language model elsewhere is asked only after somebody agreed in writing"}, check: countryCode},
	}
}

// Suffixes of an environment variable's name that configuration leaves alone: they speak to tests.
var ignoredEnv = []string{"REQUIRE", "TESTDATA", "PEERS", "SEED", "KILLS"}

func find(keys []Key, name string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// Nearest gives the candidate with the fewest single-letter changes to a word, "" when none is close: more than a third
// of the word would have to change.
func Nearest(word string, candidates []string) string {
	best, at := "", len(word)/3+2
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), c); d < at {
			best, at = c, d
		}
	}
	return best
}

// distance counts insertions, deletions and replacements of bytes (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
