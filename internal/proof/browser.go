package proof

import "strings"

// Browser says what a browser is, from what it says of itself: names that we know and a version in figures, never its own words.
// "" = not known.
func Browser(agent string) (name, system string) {
	if len(agent) > 500 {
		agent = agent[:500]
	}
	for _, b := range browsers {
		if _, after, ok := strings.Cut(agent, b.mark); ok {
			name = b.name
			if v := figures(after); v != "" {
				name += " " + v
			}
			break
		}
	}
	for _, s := range systems {
		if strings.Contains(agent, s.mark) {
			return name, s.name
		}
	}
	return name, ""
}

// figures are the leading digits, at most four.
func figures(s string) string {
	n := 0
	for n < len(s) && n < 4 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n]
}

type mark struct{ mark, name string }

// browsers: those that say to be another stand before it.
var browsers = []mark{
	{"wxwork/", "企业微信"}, {"MicroMessenger/", "微信"}, {"DingTalk/", "钉钉"}, {"Lark/", "飞书"}, {" QQ/", "QQ"}, {"Edg/", "Edge"}, {"OPR/", "Opera"},
	{"SamsungBrowser/", "Samsung Internet"}, {"HuaweiBrowser/", "华为浏览器"}, {"MiuiBrowser/", "小米浏览器"}, {"UCBrowser/", "UC"}, {"MQQBrowser/", "QQ 浏览器"},
	{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Version/", "Safari"}, {"curl/", "curl"}, {"Go-http-client/", "Go"},
}

var systems = []mark{
	{"HarmonyOS", "HarmonyOS"}, {"OpenHarmony", "HarmonyOS"}, {"Android", "Android"}, {"iPhone", "iOS"}, {"iPad", "iPadOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}
