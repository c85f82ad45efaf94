package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"

	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect"
	"qunluo/internal/policy"
)

// language is an index into pairs of words.
type language int

const (
	zh language = iota
	en
)

// pick chooses from a pair.
func (l language) pick(pair [2]string) string { return pair[l] }

// split chooses from "中文|English", as tags of the grammar are written.
func (l language) split(both string) string {
	a, b, found := strings.Cut(both, "|")
	if !found || l == zh {
		return a
	}
	return b
}

// chooseLanguage reads --lang or, without it, the environment as gettext does: LC_ALL, LC_MESSAGES, LANG.
func chooseLanguage(args, env []string) language {
	wish := ""
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			wish = v
		} else if a == "--lang" && i+1 < len(args) {
			wish = args[i+1]
		}
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if wish == "" {
			wish = lookup(env, name)
		}
	}
	if strings.HasPrefix(strings.ToLower(wish), "zh") {
		return zh
	}
	return en
}

func lookup(env []string, name string) string {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// usageError is wrong usage: exit code 2.
type usageError struct{ words [2]string }

func (e usageError) Error() string { return e.words[en] }

// badUsage makes wrong usage from a format in each language with the same arguments.
func badUsage(chinese, english string, args ...any) error {
	return usageError{[2]string{fmt.Sprintf(chinese, args...), fmt.Sprintf(english, args...)}}
}

// saidError is a failure with words for people in both languages.
type saidError struct {
	words [2]string
	cause error
}

func (e saidError) Error() string { return e.words[en] }
func (e saidError) Unwrap() error { return e.cause }

// worded is an error of another room that has words in both languages, and a code of that room.
type worded interface {
	error
	Words() [2]string
	Why() (code, what string)
}

// failed makes a failure from a format in each language with the same arguments.
func failed(cause error, chinese, english string, args ...any) error {
	return saidError{[2]string{fmt.Sprintf(chinese, args...), fmt.Sprintf(english, args...)}, cause}
}

// sayError says an error to a person.
func (l language) sayError(err error) string {
	if e, ok := errors.AsType[usageError](err); ok {
		return l.pick(e.words)
	}
	if e, ok := errors.AsType[saidError](err); ok {
		return l.pick(e.words)
	}
	if e, ok := errors.AsType[config.Problems](err); ok {
		return e.In(int(l))
	}
	if e, ok := errors.AsType[policy.Problems](err); ok {
		return l.sayProblems(e)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return l.sayPath(e)
	}
	if e, ok := errors.AsType[worded](err); ok {
		return l.pick(e.Words())
	}
	if said := l.pick(connect.SayOf(err)); said != "" {
		return said
	}
	if said := l.pick(codeWords()[community.CodeOf(err)]); said != "" {
		return said + l.pick([2]string{"：", ": "}) + err.Error()
	}
	return l.pick([2]string{"没有成功：", ""}) + err.Error() // nobody put it into words
}

// sayPath says why a file could not be used.
func (l language) sayPath(err *fs.PathError) string {
	why := [2]string{err.Err.Error(), err.Err.Error()}
	for _, row := range []struct {
		is  error
		say [2]string
	}{
		{fs.ErrNotExist, [2]string{"没有这个文件或目录", "there is no such file or folder"}},
		{fs.ErrExist, [2]string{"已经存在", "it is already there"}},
		{fs.ErrPermission, [2]string{"没有权限", "permission denied"}},
		{syscall.EISDIR, [2]string{"是目录，不是文件", "it is a folder, not a file"}},
		{syscall.ENOTDIR, [2]string{"路径中有一段不是目录", "a part of the path is no folder"}},
		{syscall.ENAMETOOLONG, [2]string{"名字太长", "the name is too long"}},
		{syscall.ENOSPC, [2]string{"磁盘已满", "the disk is full"}},
	} {
		if errors.Is(err.Err, row.is) {
			why = row.say
		}
	}
	return l.pick([2]string{"用不了 ", "cannot use "}) + err.Path + l.pick([2]string{"：", ": "}) + l.pick(why)
}

// sayProblems says everything that is wrong with a rulebook, a line each.
func (l language) sayProblems(ps policy.Problems) string {
	return strings.Join(mapped(ps, func(p policy.Problem) string { return l.pick(p.Words()) }), "\n")
}

// codeWords says what an error's code means; the chain that follows is for the log.
func codeWords() map[community.Code][2]string {
	return map[community.Code][2]string{
		community.CodeBadInput:    {"输入有误", "bad input"},
		community.CodeTooLarge:    {"太大", "too large"},
		community.CodeNotFound:    {"没有找到", "not found"},
		community.CodeConflict:    {"已被他人改动或已存在", "already changed or already there"},
		community.CodeForbidden:   {"不允许", "not allowed"},
		community.CodeUnsupported: {"平台做不到", "the platform cannot do this"},
		community.CodeRefused:     {"平台拒绝", "the platform refused"},
		community.CodeUnreachable: {"连不上", "nobody answered"},
		community.CodeTimeout:     {"没有回音，结果未知", "no answer, outcome unknown"},
		community.CodeLimited:     {"太频繁，请稍后再试", "too often, try later"},
		community.CodeBusy:        {"数据库被占用或磁盘已满，请稍后再试", "the database is locked or the disk is full, try later"},
		community.CodeFrozen:      {"已冻结", "frozen"},
		community.CodeClock:       {"双方时钟相差太多", "the clocks differ too much"},
	}
}

// parseWords are the parser's sentences in Chinese; $1, $2 are its parts.
func parseWords() []struct{ english, chinese string } {
	return []struct{ english, chinese string }{
		{`^unexpected argument (.+?), did you mean (.+)\?$`, `没有 $1，是不是 $2？`},
		{`^unexpected argument (.+)$`, `多余的参数 $1`},
		{`^unknown flag (.+?), did you mean (.+)\?$`, `没有选项 $1，是不是 $2？`},
		{`^unknown flag (.+)$`, `没有选项 $1`},
		{`^missing flags: (.+)$`, `缺少选项：$1`},
		{`^expected one of (.+)$`, `需要其中一个：$1`},
		{`^expected "(.+)"$`, `需要：$1`},
		{`^missing positional arguments (.+)$`, `缺少参数：$1`},
		{`^(.+): expected a valid (.+) but got "(.*)".*$`, `$1：值 $3 不对`},
		{`^(.+): expected an? (.+) but got "(.*)".*$`, `$1：值 $3 不对`},
		{`^(.+): expected duration but got "(.*?)".*$`, `$1：时长 $2 看不懂，应像 30m、24h`},
		{`^(.+): expected (.+) value but got "(.*)".*$`, `$1：值 $3 不对，应为 $2`},
		{`(?s)^(.+): expected duration but got "(.*)": .*$`, `$1：时长 "$2" 不对，例如 90m、24h、168h`},
		{`(?s)^(.+): bool value must be .+ but got "(.*)"$`, `$1：只能是 true 或 false，而不是 "$2"`},
		{`^(--\S+|\[?<\S+>\]?) must be one of (.+) but got "(.*)"$`, `$1 只能是 $2，而不是 $3`},
		{`^(--\S+): missing value, expecting "(.+)"$`, `$1 缺少值`},
	}
}

// sayParse says the parser's complaint.
func (l language) sayParse(err error) string {
	if l == en {
		return err.Error()
	}
	for _, w := range parseWords() {
		if re := regexp.MustCompile(w.english); re.MatchString(err.Error()) {
			return re.ReplaceAllString(err.Error(), w.chinese)
		}
	}
	return "用法不对：" + err.Error()
}

// codeFor is the code of a failure for programs: "usage" for wrong usage.
func codeFor(err error) community.Code {
	if exitCode(err) == ExitUsage {
		return "usage"
	}
	return community.CodeOf(err)
}
