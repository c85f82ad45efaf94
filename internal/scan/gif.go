package scan

// Lengths in a GIF, in bytes (GIF89a specification, §17 to §26).
const (
	gifHeader     = 13 // signature, screen
	gifDescriptor = 10 // of an image, its separator included
)

// gifFrames walks over a GIF's blocks and counts its pictures without decoding any. whole: it ends as it should.
func gifFrames(data []byte) (frames int, whole bool) {
	if len(data) < gifHeader {
		return 0, false
	}
	at := gifHeader + gifTable(data[10])
	for at < len(data) {
		switch data[at] {
		case 0x3b: // trailer
			return frames, true
		case 0x21: // extension: its label, then blocks
			at = gifBlocks(data, at+2)
		case 0x2c: // image: its table of colours, the code size, then blocks
			if at+gifDescriptor > len(data) {
				return frames, false
			}
			frames++
			at = gifBlocks(data, at+gifDescriptor+gifTable(data[at+9])+1)
		default:
			return frames, false
		}
	}
	return frames, false
}

// gifTable is how long the table of colours is that the flags announce.
func gifTable(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifBlocks gives what follows a chain of blocks: each begins with its length, the last has none.
func gifBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}
