package lexicon

import (
	"math/bits"
	"strings"
)

// View is a set of ways in which a word may be hidden. A word is found through those views only that it was given: each one
// finds more and is wrong more often. The empty set is the word as it is written, whatever its width, case and inserted symbols.
type View uint16

// The views, cheap and sure ones first.
const (
	Traditional View = 1 << iota // 廣告 for 广告, and the other way
	Letters                      // letters of other alphabets that look the same: ᴠх for vx
	Digits                       // numbers as words: 加二 for 加2, and the other way
	Pinyin                       // spelled in Latin letters: weixin, wei信
	Split                        // taken apart: 女子 for 好
	Emoji                        // a picture for a character, by what it shows or how that sounds
	Shape                        // characters that look alike: 徽信 for 微信
	Sound                        // other characters with the same sound: 薇芯 for 微信
	Swap                         // in another order: 信微 for 微信; with Loose, also with one or two others between them
	Initials                     // first letters of the syllables: wx for 微信
	Loose                        // no way of hiding a word by itself: the others are believed upon weaker signs
	viewEnd
)

// AllViews is every view there is.
const AllViews = viewEnd - 1

// viewNames are how views are called in books and reasons.
var viewNames = [...]string{"traditional", "letters", "digits", "pinyin", "split", "emoji", "shape", "sound", "swap", "initials", "loose"}

// ViewNames lists the views by name, in the order of their bits.
func ViewNames() []string { return append([]string(nil), viewNames[:]...) }

// ViewOf is the view called name; 0 when there is none.
func ViewOf(name string) View {
	for i, n := range viewNames {
		if n == name {
			return 1 << i
		}
	}
	return 0
}

// String names the views, with a plus between them: "sound+pinyin". The empty set is "".
func (v View) String() string {
	var names []string
	for ; v != 0; v &= v - 1 {
		names = append(names, viewNames[bits.TrailingZeros16(uint16(v))])
	}
	return strings.Join(names, "+")
}

// Phrase is a text to look for, and through which views.
type Phrase struct {
	Text  string
	Views View
}

// What stands for views that are chosen by each word's own shape, besides [ViewsAuto], which is [CarefulViews].
const ViewsWide = "wide"

// ReadViews reads names of views for a word, with a plus or comma between them; [ViewsAuto] and [ViewsWide] are as the word
// suggests, none is as it is written. It gives false where a name is unknown.
func ReadViews(names, text string) (v View, ok bool) {
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == '+' || r == ',' || r == ' ' }) {
		switch one := ViewOf(name); {
		case name == ViewsAuto:
			v |= CarefulViews(text)
		case name == ViewsWide:
			v |= WideViews(text)
		case one != 0:
			v |= one
		default:
			return 0, false
		}
	}
	return v, true
}

// How many characters a word needs for a view that is dear to innocent talk.
const (
	carefulSound    = 3
	carefulSwap     = 3
	carefulInitials = 4
	wideInitials    = 2
)

// CarefulViews are the views that hardly ever hit innocent talk, by the word's own shape: short words get few.
func CarefulViews(text string) View { return suit(text, carefulSound, carefulSwap, carefulInitials) }

// WideViews are all views in which the word can be told from ordinary talk at all. Two syllables are enough for sounds, two letters
// for initials: what they find is a reason to look, not to act.
func WideViews(text string) View { return suit(text, 2, 2, wideInitials) | Loose }

func suit(text string, sound, swap, initials int) View {
	free := Traditional | Letters | Digits
	han, latin := 0, 0
	for _, r := range text {
		switch f := Fold(r); {
		case isSkip(r):
		case isTabled(f):
			han++
		case isASCIIWord(f):
			latin++
		default:
			return free
		}
	}
	long := han + min(latin, 2)
	if han == 0 || long < 2 {
		return free
	}
	v := free | Pinyin | Split | Emoji | Shape
	if long >= sound {
		v |= Sound
	}
	if latin == 0 && han >= swap {
		v |= Swap
	}
	if latin == 0 && han >= initials {
		v |= Initials
	}
	return v
}
