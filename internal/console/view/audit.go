package view

import "qunluo/internal/console/view/ui"

// AuditList is the trail of changes.
type AuditList struct {
	Head    ui.Head
	Filters ui.Filters
	Table   ui.Table
}
