// Command tables makes the tables of characters that package lexicon embeds, from public data: see README.md.
//
//	go run ./internal/lexicon/tables DIR
//
// DIR holds the sources under the names that README.md gives. The tables are written beside this file.
package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what is kept.
const (
	firstHan = 0x3400
	lastHan  = 0x9fff
	// dearest is the cost beyond which a word is too rare to count as ordinary: ten times the natural logarithm of one over
	// its frequency, as ICU counts.
	dearest  = 125
	longest  = 4 // characters of an ordinary word
	wordSlot = 1 << 17
	// counted is from which count on a character's readings are known well; one that is rarely times rarer than the first is
	// left out.
	counted = 50
	rarely  = 12
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("want the folder of the sources")
	}
	in, out := os.Args[1], filepath.Join("internal", "lexicon", "tables")
	simple := simplified(in)
	for name, table := range map[string][]byte{
		"simplified": pairs(simple), "sound": sounds(in), "parts": parts(in), "emoji": emoji(in, out),
		"words": words(in, simple), "single": singles(in, simple),
	} {
		packed := pack(table)
		if err := os.WriteFile(filepath.Join(out, name+".bin"), packed, 0o644); err != nil {
			log.Fatal(err)
		}
		log.Printf("%-10s %7d bytes, packed %7d", name, len(table), len(packed))
	}
}

func pack(table []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err == nil {
		_, err = w.Write(table)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		log.Fatal(err)
	}
	return out.Bytes()
}

// lines gives the lines of a source, cut at tabs.
func lines(dir, name string) func(yield func([]string) bool) {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		log.Fatal(err)
	}
	return func(yield func([]string) bool) {
		defer file.Close()
		in := bufio.NewScanner(file)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			if !yield(strings.Split(in.Text(), "\t")) {
				return
			}
		}
		if in.Err() != nil {
			log.Fatal(in.Err())
		}
	}
}

// point reads U+4E00; 0 for what is none.
func point(s string) rune {
	if !strings.HasPrefix(s, "U+") {
		return 0
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "U+"), 16, 32)
	if err != nil {
		log.Fatal(err)
	}
	return rune(n)
}

func kept(r rune) bool { return firstHan <= r && r <= lastHan }

// simplified maps traditional characters to the first simplified form that is another character.
func simplified(in string) map[rune]rune {
	to := map[rune]rune{}
	for f := range lines(in, "Unihan_Variants.txt") {
		if len(f) != 3 || f[1] != "kSimplifiedVariant" {
			continue
		}
		from := point(f[0])
		for _, v := range strings.Fields(f[2]) {
			if r := point(v); kept(from) && kept(r) && r != from {
				to[from] = r
				break
			}
		}
	}
	for f := range lines(in, "Unihan_Variants.txt") { // the same character in another shape
		if len(f) == 3 && f[1] == "kZVariant" {
			from, r := point(f[0]), point(strings.SplitN(strings.Fields(f[2])[0], "<", 2)[0])
			if to[from] == 0 && to[r] != 0 && kept(from) && from != to[r] {
				to[from] = to[r]
			}
		}
	}
	for from, r := range to {
		for to[r] != 0 && to[r] != from {
			r = to[r]
		}
		to[from] = r
	}
	return to
}

func pairs(m map[rune]rune) []byte {
	var out bytes.Buffer
	for _, from := range sorted(m) {
		out.WriteRune(from)
		out.WriteRune(m[from])
	}
	return out.Bytes()
}

func sorted[V any](m map[rune]V) []rune {
	keys := make([]rune, 0, len(m))
	for r := range m {
		keys = append(keys, r)
	}
	slices.Sort(keys)
	return keys
}

// toneless writes a reading in ASCII: lǚ is lv.
func toneless(s string) string {
	var out []byte
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case r == 0x308 && len(out) > 0 && out[len(out)-1] == 'u':
			out[len(out)-1] = 'v'
		case r < unicode.MaxASCII && unicode.IsLetter(r):
			out = append(out, byte(r))
		}
	}
	return string(out)
}

// sounds gives each reading in use the characters that have it, first those that are mostly read so: "ai 爱哀|欸".
func sounds(in string) []byte {
	weight := map[rune]map[string]int{} // how often a character is read so, where that was counted
	add := func(r rune, reading string, n int) {
		if s := toneless(reading); kept(r) && len(s) <= 6 && strings.ContainsAny(s, "aeiouv") {
			if weight[r] == nil {
				weight[r] = map[string]int{}
			}
			weight[r][s] += n
		}
	}
	for f := range lines(in, "Unihan_Readings.txt") {
		if len(f) != 3 {
			continue
		}
		switch r := point(strings.SplitN(f[0], " ", 2)[0]); f[1] {
		case "kMandarin":
			for i, v := range strings.Fields(f[2]) {
				add(r, v, 2-i)
			}
		case "kHanyuPinlu":
			for _, v := range strings.Fields(f[2]) {
				reading, n, _ := strings.Cut(strings.TrimSuffix(v, ")"), "(")
				count, _ := strconv.Atoi(n)
				add(r, reading, count)
			}
		case "kXHC1983", "kTGHZ2013":
			for _, v := range strings.Fields(f[2]) {
				for _, reading := range strings.Split(strings.SplitN(v, ":", 2)[1], ",") {
					add(r, reading, 0)
				}
			}
		}
	}
	mostly, also := map[string][]rune{}, map[string][]rune{}
	for _, r := range sorted(weight) {
		first := ""
		for s, n := range weight[r] {
			if first == "" || n > weight[r][first] || n == weight[r][first] && s < first {
				first = s
			}
		}
		for s := range weight[r] {
			switch total := weight[r][first]; {
			case s != first && total >= counted && weight[r][s]*rarely < total:
				// so seldom that in talk it means another character
			case s == first:
				mostly[s] = append(mostly[s], r)
			default:
				also[s] = append(also[s], r)
			}
		}
	}
	names := make([]string, 0, len(mostly))
	for s := range mostly {
		names = append(names, s)
	}
	for s := range also {
		if mostly[s] == nil {
			names = append(names, s)
		}
	}
	slices.Sort(names)
	var out bytes.Buffer
	for _, s := range names {
		fmt.Fprintf(&out, "%s %s|%s\n", s, string(mostly[s]), string(also[s]))
	}
	return out.Bytes()
}

// parts writes how characters are taken apart, each way a line: the character, then its parts from left to right.
func parts(in string) []byte {
	ways := map[rune][]string{}
	add := func(r rune, way string) {
		if kept(r) && len([]rune(way)) > 1 && !slices.Contains(ways[r], way) {
			ways[r] = append(ways[r], way)
		}
	}
	for f := range lines(in, "chaizi-jt.txt") {
		for _, way := range f[1:] {
			add([]rune(f[0])[0], strings.ReplaceAll(way, " ", ""))
		}
	}
	for f := range lines(in, "cjk-decomp.txt") {
		head, way, ok := strings.Cut(f[0], ":")
		from, to := strings.IndexByte(way, '('), strings.LastIndexByte(way, ')')
		if !ok || from < 0 || to < from || strings.HasPrefix(way, "m") {
			continue
		}
		if list := strings.Split(way[from+1:to], ","); len(list) > 1 && len([]rune(head)) == 1 {
			if all := strings.Join(list, ""); len([]rune(all)) == len(list) { // no part without a code of its own
				add([]rune(head)[0], all)
			}
		}
	}
	var out bytes.Buffer
	for _, r := range sorted(ways) {
		for _, way := range ways[r] {
			out.WriteRune(r)
			out.WriteString(way)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// emoji gives each picture the characters by whose sound it is read: those of its short names, and of our own list.
func emoji(in, own string) []byte {
	reads := map[string][]rune{}
	add := func(picture, words string) {
		for _, r := range words {
			if kept(r) && !slices.Contains(reads[picture], r) {
				reads[picture] = append(reads[picture], r)
			}
		}
	}
	for f := range lines(own, "emoji-own.txt") {
		if len(f) == 2 {
			add(strings.ReplaceAll(f[0], "\ufe0f", ""), f[1])
		}
	}
	for f := range lines(in, "zh.xml") {
		line := strings.Join(f, "")
		_, rest, ok := strings.Cut(line, `cp="`)
		picture, rest, _ := strings.Cut(rest, `"`)
		_, text, _ := strings.Cut(rest, ">")
		text, _, _ = strings.Cut(text, "<")
		if r := []rune(picture); !ok || len(r) != 1 || !isPicture(r[0]) {
			continue
		}
		for _, word := range strings.Split(text, " | ") {
			if n := len([]rune(word)); n <= 2 || n == 3 && strings.Contains(rest, "tts") {
				add(picture, word)
			}
		}
	}
	var out bytes.Buffer
	names := make([]string, 0, len(reads))
	for p := range reads {
		names = append(names, p)
	}
	slices.Sort(names)
	for _, p := range names {
		fmt.Fprintf(&out, "%s\t%s\n", p, string(reads[p]))
	}
	return out.Bytes()
}

// isPicture leaves out punctuation and signs that ordinary texts are full of.
func isPicture(r rune) bool {
	return r >= 0x1f000 || 0x2600 <= r && r < 0x2800 || 0x2b00 <= r && r < 0x2c00 || 0x23e0 <= r && r < 0x2400 || r == 0x231a || r == 0x231b
}

// costs reads ICU's dictionary: words of Han only, simplified, with the lowest cost of their forms.
func costs(in string, simple map[rune]rune) map[string]int {
	cost := map[string]int{}
	for f := range lines(in, "cjdict.txt") {
		if len(f) != 2 || strings.HasPrefix(f[0], "#") {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(f[1]))
		if err != nil {
			log.Fatal(err)
		}
		word := []rune(f[0])
		for i, r := range word {
			if to := simple[r]; to != 0 {
				word[i] = to
			}
		}
		if slices.ContainsFunc(word, func(r rune) bool { return r < 0x4e00 || r > lastHan }) {
			continue
		}
		if old, ok := cost[string(word)]; !ok || n < old {
			cost[string(word)] = n
		}
	}
	return cost
}

// words is an open-addressed table of fingerprints of ordinary words of two to four characters: in each slot twelve bits of the
// hash and four of the cost (an eighth of it), 0 where it is free. The hash is FNV-1a over the runes, mixed once more; package lexicon looks words up
// in the same way.
func words(in string, simple map[rune]rune) []byte {
	cost := costs(in, simple)
	names := make([]string, 0, len(cost))
	for w, c := range cost {
		if n := len([]rune(w)); n >= 2 && n <= longest && c <= dearest {
			names = append(names, w)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if cost[a] != cost[b] {
			return cost[a] - cost[b]
		}
		return strings.Compare(a, b)
	})
	table := make([]uint16, wordSlot)
	for _, w := range names {
		h := uint64(14695981039346656037)
		for _, r := range w {
			h = (h ^ uint64(r)) * 1099511628211
		}
		h = (h ^ h>>29) * 0xbf58476d1ce4e5b9
		h ^= h >> 32
		entry := uint16(h>>20)&0xfff0 | uint16(max(1, cost[w]/8))
		for s := h >> 47; ; s = (s + 1) % wordSlot {
			if table[s]>>4 == entry>>4 && table[s] != 0 {
				break
			}
			if table[s] == 0 {
				table[s] = entry
				break
			}
		}
	}
	log.Printf("%d ordinary words", len(names))
	out := make([]byte, 0, 2*wordSlot)
	for _, e := range table {
		out = append(out, byte(e), byte(e>>8))
	}
	return out
}

// singles is the cost of each character of the basic block as a word of its own.
func singles(in string, simple map[rune]rune) []byte {
	out := bytes.Repeat([]byte{200}, lastHan-0x4e00+1)
	for w, c := range costs(in, simple) {
		if r := []rune(w); len(r) == 1 {
			out[r[0]-0x4e00] = byte(min(c, 200))
		}
	}
	return out
}
