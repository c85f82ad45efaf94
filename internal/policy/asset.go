package policy

import (
	"crypto/sha256"
	"encoding/hex"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
)

// Assets gives the content that a hash names. Content never changes and stays as long as a version of a book names it, so a
// book means for ever what it meant. community.CodeNotFound when nobody keeps such content; any other error is a trouble of
// the moment, and the book is neither good nor bad until it is over.
type Assets func(hash string) ([]byte, error)

// HashOf is the name of content in books: its SHA-256, 64 hex digits.
func HashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func isHash(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == sha256.Size && hex.EncodeToString(raw) == s
}

// reader makes content ready; its error says that the content is not of that kind.
type reader func(content []byte) (any, error)

// tools is what a book is made ready with.
type tools struct {
	compile func(phrases []lexicon.Phrase) (*lexicon.Matcher, error)
	listed  func(hashes []string, lists [][]lexicon.Word) (*listed, error)
	content func(hash, kind string, read reader) (any, error)
}

// alone are the tools of a book that stands for itself: nobody keeps content for it.
func alone() tools {
	return tools{compile: lexicon.CompileViews, listed: compileLists, content: func(hash, _ string, _ reader) (any, error) {
		return nil, community.Errorf(community.CodeNotFound, "asset %s: not found", hash)
	}}
}

// trusting are the tools of a book whose content is not at hand and is taken on trust.
func trusting() tools {
	t := alone()
	t.content = func(string, string, reader) (any, error) { return nil, nil }
	return t
}

// content gives what the hash at path names, made ready by read; nil when there is none, which is then said. It is made
// ready once, however many books name it.
func (b *builder) content(path, hash, kind string, read reader) any {
	if !isHash(hash) {
		b.add(path, "bad_hash")
		return nil
	}
	made, err := b.tools.content(hash, kind, read)
	switch community.CodeOf(err) {
	case community.CodeNone:
		return made
	case community.CodeNotFound:
		b.add(path, "unknown_asset", hash[:12])
	case community.CodeBadInput, community.CodeTooLarge:
		b.add(path, "bad_asset", hash[:12], err.Error())
	default:
		b.trouble = err
	}
	return nil
}
