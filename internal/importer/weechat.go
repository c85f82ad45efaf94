package importer

import (
	"bytes"
	"regexp"
)

// weechat reads the logs of WeeChat (formats.md §14, not verified against a sample): a date and time in each line, then
// the nick or a sign, then the words, separated by tabs.
func weechat() Format {
	return Format{
		Name:     "weechat",
		Title:    [2]string{"WeeChat 日志（未经样本验证）", "WeeChat logs (not verified against a sample)"},
		Platform: "irc",
		Sniff: func(head []byte, _ string) int {
			return ircMarked(head, weechatLine, weechatLine)
		},
		Chats:    ircFileChats,
		Zoneless: func([]byte, string) bool { return true },
		Read: func(u *Unit, opt Options, facts *Facts, yield Yield) error {
			return readIRCMarked(u, opt, facts, yield, "weechat", shapeWeechat)
		},
	}
}

var weechatLine = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\t[^\t]*\t`)

// weechatSigns stand in the place of a nick.
var weechatSigns = map[string]string{"-->": "*** ", "<--": "*** ", "--": "*** ", "*": "* ", " *": "* "}

func shapeWeechat(r *ircReader, line []byte) shaped {
	parts := bytes.SplitN(line, []byte{'\t'}, 3)
	local, ok := localTime(string(parts[0]))
	if !ok || len(parts) != 3 {
		return shaped{}
	}
	r.last = local
	if sign, ok := weechatSigns[string(parts[1])]; ok {
		return shaped{rest: append([]byte(sign), weechatNotice(parts[2])...), ok: true}
	}
	nick := bytes.TrimSpace(parts[1])
	if len(nick) == 0 { // a line of the client's own
		return shaped{rest: append([]byte("*** "), parts[2]...), ok: true}
	}
	rest := append([]byte{'<'}, nick...)
	return shaped{rest: append(append(rest, "> "...), parts[2]...), ok: true}
}

// weechatForms turn the client's sentences into those of the other dialects.
var weechatForms = []struct {
	re *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`^(\S+) \(([^)]*)\) has joined (\S+)$`), "Joins: $1 ($2)"},
	{regexp.MustCompile(`^(\S+) \(([^)]*)\) has left (\S+)(?: \((.*)\))?$`), "Parts: $1 ($2) ($4)"},
	{regexp.MustCompile(`^(\S+) \(([^)]*)\) has quit(?: \((.*)\))?$`), "Quits: $1 ($2) ($3)"},
	{regexp.MustCompile(`^(\S+) has kicked (\S+)(?: \((.*)\))?$`), "$2 was kicked by $1 ($3)"},
	{regexp.MustCompile(`^Mode #\S+ (\[[+-]o \S+\]) by (\S+)$`), "mode/# $1 by $2"},
	{regexp.MustCompile(`^(\S+) has changed topic for \S+ (?:from ".*" )?to "(.*)"$`), "$1 changed the topic of # to: $2"},
}

func weechatNotice(words []byte) []byte {
	for _, f := range weechatForms {
		if f.re.Match(words) {
			return f.re.ReplaceAll(words, []byte(f.to))
		}
	}
	return words
}
