package measure

import (
	"strings"
	"unicode"
)

// askingEnd are words that make a question where they end a clause; askingWord those that make one wherever they stand.
var (
	askingEnd  = []string{"吗", "嘛", "么", "呢"}
	askingWord = []string{"怎么", "如何", "为什么", "为啥", "哪里", "哪儿", "有没有", "求助", "请问", "求问", "谁知道", "啥时候", "什么时候"}
	// telling are words before which 么 and 呢 ask nothing: 那么, 这么, 还没吃呢.
	telling = map[string][]string{"么": {"那", "这", "怎", "什", "多", "要"}, "呢": {"还", "才", "可", "正", "在", "着"}}
	// greeting are whole messages that look like questions and want no answer in particular.
	greeting = map[string]bool{
		"大家好": true, "大家好吗": true, "你好吗": true, "你们好吗": true, "在吗": true, "在么": true, "有人吗": true, "有人么": true, "有人在吗": true, "都在吗": true,
		"都在干嘛": true, "大家都在吗": true, "吃了吗": true, "吃饭了吗": true, "睡了吗": true, "早上好": true, "howareyou": true, "howareyouall": true, "anyonehere": true,
		"anybodyhere": true, "anyoneawake": true, "whatsup": true, "whatisup": true, "howsitgoing": true, "howiseveryone": true,
	}
)

// Asks reports whether a text is a question (methods.md §1.1): it ends with a question mark, or has a word that asks, and is
// no greeting to all. A mark alone asks nothing.
func Asks(text string) bool {
	if !asking(text) {
		return false
	}
	bare := bareText(text)
	return bare != "" && !greeting[bare]
}

// asking reports whether a text has the form of a question.
func asking(text string) bool {
	if endsAsking(text) {
		return true
	}
	for _, w := range askingWord {
		if strings.Contains(text, w) {
			return true
		}
	}
	for clause := range strings.FieldsFuncSeq(text, unicode.IsPunct) {
		if asksAtEnd(strings.TrimSpace(clause)) {
			return true
		}
	}
	return false
}

// endsAsking reports whether a question mark ends the text, whatever brackets, quotes and faces stand behind it.
func endsAsking(text string) bool {
	end := strings.TrimRightFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`)）"”'’」』!！~～`, r) || unicode.Is(unicode.So, r)
	})
	if !strings.HasSuffix(end, "?") && !strings.HasSuffix(end, "？") {
		return false
	}
	last := end[strings.LastIndexFunc(end, unicode.IsSpace)+1:]
	return !strings.Contains(last, "://") // the mark belongs to an address
}

func asksAtEnd(clause string) bool {
	for _, w := range askingEnd {
		before, ok := strings.CutSuffix(clause, w)
		if !ok || before == "" {
			continue
		}
		tells := false
		for _, t := range telling[w] {
			tells = tells || (w == "呢" && strings.Contains(before, t)) || (w == "么" && strings.HasSuffix(before, t))
		}
		return !tells
	}
	return false
}

// bareText is a text's letters and digits in lower case.
func bareText(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
