package config

import (
	"fmt"
	"strings"
)

// Problem is one thing wrong with the settings. It never repeats the value of a secret.
type Problem struct {
	Key    string
	Source string // where the value stands: a file, "environment QL_…", "--flag", "default"
	Code   string // unknown, kind, value, secret, file, syntax
	Value  string // as given
	Want   string // the nearest key, or what would be good
}

// Words says the problem in Chinese and English.
func (p Problem) Words() [2]string {
	switch p.Code {
	case "unknown":
		if p.Want == "" {
			return [2]string{fmt.Sprintf("%s：没有配置项 %s", p.Source, p.Key), fmt.Sprintf("%s: there is no setting %s", p.Source, p.Key)}
		}
		return [2]string{fmt.Sprintf("%s：没有配置项 %s，是不是 %s？", p.Source, p.Key, p.Want),
			fmt.Sprintf("%s: there is no setting %s; did you mean %s?", p.Source, p.Key, p.Want)}
	case "secret":
		return [2]string{fmt.Sprintf("%s：%s 含有密码，请改用 %s", p.Source, p.Key, p.Want),
			fmt.Sprintf("%s: %s holds a password; use %s instead", p.Source, p.Key, p.Want)}
	case "file", "syntax":
		return [2]string{fmt.Sprintf("%s：读不出来：%s", p.Source, p.Want), fmt.Sprintf("%s: cannot be read: %s", p.Source, p.Want)}
	case "both":
		return [2]string{fmt.Sprintf("%s 和 %s 只能设置一个", p.Key, p.Want), fmt.Sprintf("set only one of %s and %s", p.Key, p.Want)}
	}
	return [2]string{fmt.Sprintf("%s：%s = %q 不对，应为 %s", p.Source, p.Key, p.Value, p.Want),
		fmt.Sprintf("%s: %s = %q is wrong, want %s", p.Source, p.Key, p.Value, p.Want)}
}

// Problems is everything wrong at once, so that one run shows all.
type Problems []Problem

// Error says them in English.
func (ps Problems) Error() string { return ps.In(1) }

// In says them line by line in a language: 0 Chinese, 1 English.
func (ps Problems) In(language int) string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Words()[language]
	}
	return strings.Join(lines, "\n")
}
