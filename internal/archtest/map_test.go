package archtest

// layer is a storey of the house. Imports run downwards only.
type layer int

const (
	words   layer = iota // what operators talk about
	subject              // decides, purely
	working              // makes things happen
	frame                // what doors stand in: configuration, languages, HTTP
	door                 // translates between people and the house
	top                  // knows everybody
)

// room is one line of the plan. A line is a design decision: say why in the commit that changes it.
type room struct {
	path    string // below internal/
	layer   layer
	may     []string // our rooms it may import besides those of its layer (see base)
	decides bool     // pure: no clock, chance, disk, net, goroutine or log
	why     string   // needed with may
}

// plan is the map of DESIGN §2.
func plan() []room {
	return []room{
		{path: "community", layer: words, decides: true},
		{path: "lexicon", layer: subject, decides: true},
		{path: "lexicon/tables", layer: working}, // a command that makes lexicon's tables from public data; nothing imports it
		{path: "learn", layer: subject, decides: true},
		{path: "policy", layer: subject, decides: true},
		{path: "measure", layer: subject, decides: true},
		{path: "plan", layer: subject, decides: true},
		{path: "admit", layer: subject, decides: true},
		{path: "duty", layer: subject, decides: true},
		{path: "drift", layer: subject, decides: true},
		{path: "blocklist", layer: subject, decides: true},  // lists shared between installations: what they say, signed, and what follows
		{path: "points", layer: subject, decides: true},     // how members earn points; a ledger that is only added to
		{path: "tier", layer: subject, decides: true},       // core, normal and lurker: who stands where in a group, and why
		{path: "tag", layer: subject, decides: true},        // words on persons, stays and groups, by hand and by rule
		{path: "table", layer: subject, decides: true},      // shared tables: cells, edits that meet, filters
		{path: "bulk", layer: subject, decides: true},       // policy, duty, plan and exports stand under one guard
		{path: "experiment", layer: subject, decides: true}, // two ways tried on one's own community, and what may be said of it
		{path: "draw", layer: subject, decides: true},       // prizes drawn by lot, so that everybody can check it
		{path: "digest", layer: subject, decides: true},     // what of a stretch of talk is worth reading again
		{path: "shelf", layer: subject, decides: true},      // the library and the cards: what is worth using again
		{path: "morning", layer: subject, decides: true},    // the morning report: feeds, what is offered, what says the same
		{path: "identity", layer: subject, decides: true},
		{path: "rights", layer: subject, decides: true}, // who may do what, and in which groups
		{path: "proof", layer: subject, decides: true},  // whether somebody is who they say
		{path: "wordlist", layer: subject, decides: true},
		{path: "mask", layer: subject, decides: true}, // what must not leave the house, and back
		{path: "draft", layer: subject, decides: true, may: []string{"mask"},
			why: "what is asked is made, and an answer is read, through the mask that hid the question"},
		{path: "replay", layer: subject, decides: true, may: []string{"policy"},
			why: "it stands above the subject rooms: it runs their rules over recorded events"},
		{path: "founding", layer: subject, decides: true, may: []string{"policy", "measure", "plan", "tier"},
			why: "it stands above the subject rooms: a template holds what each of them would have for a group"},
		{path: "demo", layer: subject, decides: true, may: []string{"policy"},
			why: "the invented community comes with a rulebook of its own"},

		{path: "media", layer: working, may: []string{"connect", "engine", "safehttp", "store"},
			why: "it fetches by the one careful client or through the session that heard it, makes a send ready for the engine, and notes in the store what it keeps"},
		{path: "engine", layer: working, may: []string{"policy", "connect", "store"},
			why: "its ordered table of deciders begins with policy; the belt is one transaction of the store; it carries actions out through sessions"},
		{path: "intake", layer: working, may: []string{"connect", "engine"}, why: "it is the host that sessions hand events to, and feeds them to the belt"},
		{path: "jobs", layer: working, may: []string{"store"}, why: "a job is a row; claiming and finishing it are transactions of the store"},
		{path: "connect", layer: working},
		{path: "connect/conntest", layer: working, may: []string{"connect"}, why: "the examination of connectors"},
		{path: "connect/peertest", layer: working},               // counterparts that nobody here wrote
		{path: "connect/wxcrypt", layer: working, decides: true}, // 企业微信 and 公众号 share it
		{path: "connect/sim", layer: working, may: []string{"connect"}, why: "a leaf knows the contract and nothing else"},
		{path: "connect/irc", layer: working, may: []string{"connect"}, why: "a leaf knows the contract and nothing else"},
		{path: "connect/irc/irctest", layer: working, why: "a server for the tests of those who speak IRC"},
		{path: "connect/telegram", layer: working, may: []string{"connect"}, why: "a leaf knows the contract and nothing else"},
		{path: "connect/onebot", layer: working, may: []string{"connect", "connect/onebot/wire"}, why: "a leaf knows the contract, and its protocol's JSON"},
		{path: "connect/onebot/wire", layer: working, decides: true},
		{path: "connect/satori", layer: working, may: []string{"connect", "connect/satori/element"}, why: "a leaf knows the contract, and its protocol's elements"},
		{path: "connect/satori/element", layer: working, decides: true},
		{path: "connect/wechaty", layer: working, may: []string{"connect", "connect/wechaty/wire"}, why: "a leaf knows the contract, and its protocol's messages"},
		{path: "connect/wechaty/wire", layer: working, decides: true},
		{path: "connect/wechaty/wechatytest", layer: working, may: []string{"connect/conntest", "connect/wechaty/wire"}, why: "a service for the tests of those who speak to one; it notes what was done as the examination asks"},
		{path: "connect/wxapi", layer: working, may: []string{"connect"}, why: "企业微信 and 公众号 share its client; what is masked looks the same everywhere"},
		{path: "connect/wecom", layer: working, may: []string{"connect", "connect/wxapi", "connect/wxcrypt"}, why: "a leaf knows the contract; calls to and from Tencent are shared"},
		{path: "connect/mp", layer: working, may: []string{"connect", "connect/wxapi", "connect/wxcrypt"}, why: "a leaf knows the contract; calls to and from Tencent are shared"},
		{path: "connect/wecombot", layer: working, may: []string{"connect", "connect/webapi"}, why: "a leaf knows the contract; frames are read as elsewhere"},
		{path: "connect/wecomhook", layer: working, may: []string{"connect"}, why: "a leaf knows the contract and nothing else"},
		{path: "connect/webapi", layer: working, may: []string{"connect"}, why: "JSON over HTTP and WebSocket, health told once: leaves that need no more share it"},
		{path: "connect/discord", layer: working, may: []string{"connect", "connect/webapi"}, why: "a leaf knows the contract; calls are shared"},
		{path: "connect/feishu", layer: working, may: []string{"connect", "connect/webapi"}, why: "a leaf knows the contract; calls are shared"},
		{path: "connect/dingtalk", layer: working, may: []string{"connect", "connect/webapi"}, why: "a leaf knows the contract; calls are shared"},
		{path: "connect/wecom/wecomtest", layer: working, may: []string{"connect/wxcrypt"}, why: "the platform's side seals what the leaf opens"},
		{path: "importer", layer: working},
		{path: "wordlist/sheet", layer: working, may: []string{"wordlist"}, why: "the rows of a word list as files"},
		{path: "poster", layer: working, decides: true}, // pictures: values in, bytes out
		{path: "store", layer: working, may: []string{"policy", "measure", "replay", "duty", "drift", "plan", "admit", "identity", "wordlist", "bulk", "blocklist", "points", "experiment", "tier", "tag", "founding", "digest", "shelf", "morning", "draw", "proof", "table", "draft"}, why: "types of the subject rooms, nothing they do"},
		{path: "store/storetest", layer: working, may: []string{"store", "measure", "duty", "drift", "plan", "admit", "identity", "wordlist", "bulk", "blocklist", "points", "experiment", "tier", "tag", "replay", "founding", "digest", "shelf", "morning", "draw", "proof", "table", "draft"}, why: "the examination of both databases, figures and duty included"},
		{path: "scan", layer: working}, // strangers' pictures, in a child process of few rights
		{path: "safehttp", layer: working},
		{path: "feed", layer: working, decides: true}, // RSS, Atom and JSON feeds: bytes in, titles and addresses out
		{path: "seal", layer: working},                // the master key, and what is sealed with it
		{path: "llm", layer: working, may: []string{"safehttp", "draft"}, why: "a language model is called by the one careful client, with the messages that draft makes"},
		{path: "notify", layer: working, may: []string{"safehttp"}, why: "webhooks go out by the one careful client"},

		{path: "config", layer: frame},
		{path: "hold", layer: frame},
		{path: "i18n", layer: frame},
		{path: "httpd", layer: frame},

		{path: "console", layer: door, may: []string{"connect", "console/view", "console/view/ui", "console/static", "poster"},
			why: "it shows connectors' settings and abilities; its own pages and files; charts are taken as pictures"},
		{path: "console/view", layer: door, may: []string{"console/view/ui", "console/static"}, why: "pages are made of the kit"},
		{path: "console/view/ui", layer: door, may: []string{"console/static"}, why: "the kit names vendored files"},
		{path: "console/static", layer: door},
		{path: "h5", layer: door, may: []string{"h5/view"}, why: "its own pages"},
		{path: "h5/view", layer: door},
		{path: "api", layer: door, may: []string{"connect", "poster"},
			why: "it shows connectors' settings, chores and abilities, as the console does; layouts of posters are read and written, and drawn for programs, too"},
		{path: "client", layer: working}, // for other programs in Go: knows the API's wire and nothing of ours
		{path: "mcp", layer: working},    // for assistants: knows the API's description and wire and nothing of ours
		{path: "north", layer: door},
		{path: "north/onebot", layer: door, may: []string{"north", "connect/onebot/wire"},
			why: "it speaks for north, in the JSON that our OneBot client shares: one mapping of segments, not two"},
		{path: "north/satori", layer: door, may: []string{"north", "connect/onebot/wire", "connect/satori/element"},
			why: "it speaks for north; ids as numbers or texts and compact JSON are read and written as OneBot does, elements as our Satori client does"},
		{path: "north/hook", layer: door, may: []string{"north"}, why: "it speaks for north, to outside systems that only post"},
		{path: "cli", layer: door, may: []string{"connect", "hold", "poster", "mcp"},
			why: "it shows connectors' settings and abilities, as the console does; migrate and restore keep the data directory to themselves; layouts of posters are read and written as files; assistants are answered on stdin and stdout"},

		{path: "app", layer: top},
		{path: "bench", layer: top},          // measures the belt from the frame to the page
		{path: "lexicon/tables", layer: top}, // a command: makes the tables that lexicon embeds
		{path: "eval", layer: top},           // measures verdicts over labelled texts
		{path: "fault", layer: top},          // kills the belt and looks what is left
		{path: "archtest", layer: top},
		{path: "browsertest", layer: working, may: []string{"connect/peertest"}, why: "a real Chromium for tests that look at pages, with an examiner installed as counterparts are"},
	}
}

// base is what a layer may import without a line of its own.
func base(l layer) []string {
	switch l {
	case subject, working:
		return []string{"community", "lexicon", "learn"}
	case frame:
		return []string{"community"}
	case door:
		return []string{"community", "lexicon", "learn", "policy", "measure", "replay", "duty", "drift", "plan", "admit", "identity", "wordlist", "bulk", "blocklist", "points", "experiment", "tier", "tag", "founding", "digest", "shelf", "draw", "morning", "rights", "proof", "table", "draft", "engine", "config", "i18n", "httpd"}
	}
	return nil
}

// library says which rooms may use a module that is not ours.
type library struct {
	prefix string
	rooms  []string
	why    string
}

// libraries lists every module the program may stand on, and where.
func libraries() []library {
	pure := []string{"lexicon", "policy", "measure", "replay", "importer", "i18n"}
	return []library{
		{"golang.org/x/text/width", append(pure, "cli"), "how wide a character is on a terminal"},
		{"golang.org/x/text/encoding", append(pure, "wordlist/sheet", "feed"), "files of words and feeds come in old encodings too"},
		{"golang.org/x/text", append(pure, "lexicon/tables"), "tables of characters and languages: a pure library"},
		{"golang.org/x/net/html", []string{"importer", "console", "feed"}, "a tokenizer of HTML: pure, kept by the Go project"},
		{"github.com/mmcdole/gofeed", []string{"feed"}, "RSS, Atom and JSON feeds as they really are: kept, drags in goxpp only, made for this"},
		{"gonum.org/v1/gonum/stat", []string{"measure"}, "statistics: a pure library"},
		{"github.com/RoaringBitmap/roaring", []string{"measure", "bench"}, "sets of numbers: a pure library; what retention is measured against"},
		{"github.com/jackc/pgx/v5", []string{"store", "store/storetest"}, "only the store speaks to databases"},
		{"modernc.org/sqlite", []string{"store", "store/storetest"}, "only the store speaks to databases"},
		{"github.com/pressly/goose/v3", []string{"store"}, "migrations"},
		{"github.com/go-telegram/bot", []string{"connect/telegram"}, "calls of Telegram's Bot API: kept, without dependencies, made for this"},
		{"github.com/coder/websocket", []string{"connect/onebot", "connect/satori", "connect/wecombot", "connect/webapi", "connect/discord", "connect/dingtalk", "north/onebot", "north/satori"},
			"OneBot, Satori, Discord and the long connections of 企业微信 and 钉钉 speak WebSocket"},
		{"google.golang.org/grpc", []string{"connect/wechaty", "connect/wechaty/wechatytest"}, "Wechaty's puppet service speaks gRPC"},
		{"google.golang.org/protobuf/encoding/protowire", []string{"connect/wechaty/wire"}, "its messages by field numbers: no generated stubs"},
		{"github.com/a-h/templ", []string{"console", "console/view", "console/view/ui", "h5", "h5/view"}, "pages"},
		{"github.com/danielgtaylor/huma/v2", []string{"api"}, "OpenAPI 3.1 and checks against it: kept, without dependencies of its own where only its core is used"},
		{"github.com/skip2/go-qrcode", []string{"poster"}, "QR codes as pictures: small, without dependencies, stable for years"},
		{"golang.org/x/image/font", []string{"poster"}, "letters on pictures: a pure library, kept by the Go project"},
		{"golang.org/x/image/math/fixed", []string{"poster"}, "where letters stand: a pure library"},
		{"golang.org/x/image/vector", []string{"poster"}, "fills shapes with smooth edges: a pure library"},
		{"golang.org/x/image/draw", []string{"poster", "scan"}, "scaling of pictures: a pure library"},
		{"golang.org/x/image/webp", []string{"scan"}, "the format in which most stickers come: a pure library"},
		{"github.com/makiuchi-d/gozxing", []string{"scan"}, "reads QR codes: pure Go, drags in x/text and xerrors only, the one port of ZXing that is kept; it runs in a child process"},
		{"github.com/alexedwards/scs/v2", []string{"console"}, "sessions of people"},
		{"github.com/pquerna/otp", []string{"proof"}, "one-time codes of RFC 4226 and 6238: what everybody checks against; drags in barcode, which nothing here calls"},
		{"golang.org/x/crypto", []string{"console", "app"}, "argon2id"},
		{"github.com/xuri/excelize/v2", []string{"console", "wordlist/sheet"}, "lists as XLSX"},
		{"github.com/nicksnyder/go-i18n/v2", []string{"i18n"}, "the catalogue of words"},
		{"github.com/pelletier/go-toml/v2", []string{"i18n"}, "the catalogue's files"},
		{"github.com/prometheus/client_golang", []string{"httpd", "app"}, "metrics"},
		{"github.com/knadh/koanf", []string{"config"}, "settings"},
		{"github.com/alecthomas/kong", []string{"cli"}, "command line"},
		{"golang.org/x/term", []string{"cli"}, "passwords and progress on a terminal"},
		{"golang.org/x/sys", []string{"app", "cli", "hold", "store", "scan", "httpd"}, "locks and free space of disks, limits of a child process, sockets that stay open for the next program"},
		{"github.com/chromedp", []string{"browsertest"}, "Chromium by its own protocol, in tests only"},
		{"github.com/google/go-cmp", []string{"store/storetest"}, "differences of rows, in tests only"},
		{"github.com/anknown/ahocorasick", []string{"bench"}, "what our matcher is measured against, like the three below: nothing else imports them"},
		{"github.com/BobuSumisu/aho-corasick", []string{"bench"}, "measured against"},
		{"github.com/petar-dambovaliev/aho-corasick", []string{"bench"}, "measured against"},
		{"github.com/cloudflare/ahocorasick", []string{"bench"}, "measured against"},
		{"golang.org/x/sync", []string{"engine", "media", "app", "jobs", "intake", "cli"}, "groups of goroutines"},
		{"github.com/robfig/cron/v3", []string{"jobs"}, "as a parser of schedules"},
	}
}
