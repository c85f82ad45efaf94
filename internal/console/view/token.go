package view

import "qunluo/internal/console/view/ui"

// Token shows the secret of a new key, this once.
type Token struct {
	Head   ui.Head
	Secret string
	Sample string // a call that can be copied
}
