package poster

import (
	"bytes"
	"compress/zlib"
	_ "embed" // the letters
	"encoding/binary"
	"io"
	"slices"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"

	"qunluo/internal/community"
)

//go:embed font/noto-sans-sc.woff
var packed []byte

//go:embed font/noto-sans-sc-bold.woff
var packedBold []byte

//go:embed font/noto-sans-latin.woff
var packedLatin []byte

//go:embed font/noto-sans-latin-bold.woff
var packedLatinBold []byte

// The typefaces of pictures; each is unpacked when it is first wanted. Charts have the first one alone.
var (
	letters      = unpacked(&packed)
	boldLetters  = unpacked(&packedBold)
	latinLetters = unpacked(&packedLatin)
	latinBold    = unpacked(&packedLatinBold)
)

func unpacked(raw *[]byte) func() (*sfnt.Font, error) {
	return sync.OnceValues(func() (*sfnt.Font, error) {
		plain, err := unpackFont(*raw)
		if err != nil {
			return nil, err
		}
		return sfnt.Parse(plain)
	})
}

// face gives the letters in a size, in pixels.
func face(size float64) (font.Face, error) {
	f, err := letters()
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
}

// Sizes of WOFF 1.0 (W3C Recommendation of 2012-12-13, §3 and §4), in bytes.
const (
	woffHead   = 44
	woffEntry  = 20
	sfntHead   = 12
	sfntEntry  = 16
	fontTables = 64      // more than any font has
	fontBytes  = 8 << 20 // of one table, unpacked
)

// unpackFont makes an SFNT of a WOFF file: the same tables, unpacked. community.CodeBadInput: it is none, or half of one.
func unpackFont(raw []byte) ([]byte, error) {
	if len(raw) < woffHead || string(raw[:4]) != "wOFF" {
		return nil, community.Errorf(community.CodeBadInput, "font: not WOFF")
	}
	n := int(binary.BigEndian.Uint16(raw[12:]))
	if n == 0 || n > fontTables || len(raw) < woffHead+n*woffEntry {
		return nil, community.Errorf(community.CodeBadInput, "font: %d tables", n)
	}
	head := make([]byte, sfntHead+n*sfntEntry)
	copy(head, raw[4:8]) // the flavour
	binary.BigEndian.PutUint16(head[4:], uint16(n))
	var body bytes.Buffer
	for i := range n {
		entry := raw[woffHead+i*woffEntry:][:woffEntry]
		table, err := fontTable(raw, entry)
		if err != nil {
			return nil, err
		}
		at := head[sfntHead+i*sfntEntry:][:sfntEntry]
		copy(at, entry[:4])
		copy(at[4:], entry[16:20])
		binary.BigEndian.PutUint32(at[8:], uint32(len(head)+body.Len()))
		binary.BigEndian.PutUint32(at[12:], uint32(len(table)))
		body.Write(table)
		for body.Len()%4 != 0 {
			body.WriteByte(0)
		}
	}
	return slices.Concat(head, body.Bytes()), nil
}

// fontTable gives one table of a WOFF file, unpacked.
func fontTable(raw, entry []byte) ([]byte, error) {
	from, size, want := int(binary.BigEndian.Uint32(entry[4:])), int(binary.BigEndian.Uint32(entry[8:])), int(binary.BigEndian.Uint32(entry[12:]))
	if from < 0 || size < 0 || from+size > len(raw) || want < size || want > fontBytes {
		return nil, community.Errorf(community.CodeBadInput, "font: a table of %d bytes does not fit", size)
	}
	part := raw[from : from+size]
	if size == want {
		return part, nil
	}
	z, err := zlib.NewReader(bytes.NewReader(part))
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "font: %w", err)
	}
	out := make([]byte, want)
	if _, err := io.ReadFull(z, out); err != nil {
		return nil, community.Errorf(community.CodeBadInput, "font: %w", err)
	}
	return out, nil
}
