package nuget

import (
	"context"
	"path"
	"slices"
	"strings"
)

// Contents reads repositories' files. Each method is one API call and leaves
// waiting and repeating to its caller. Package graphql implements it.
type Contents interface {
	// Roots lists the roots of up to 20 repositories by their ids, one element
	// for each, in that order.
	Roots(ctx context.Context, ids []string) (Objects, error)
	// Objects reads up to 10 files and folders of one repository, one element
	// for each path, in that order.
	Objects(ctx context.Context, id string, paths []string) (Objects, error)
	// Revision identifies what decides the results besides the arguments.
	Revision() string
}

// Objects is what was read at once.
type Objects struct {
	Cost    int      `json:"cost"` // points; first, so that it is found without reading the rest
	Objects []Object `json:"objects"`
}

// Object is a file or a folder.
type Object struct {
	Text    string   `json:"text,omitempty"`    // of a file
	Files   []string `json:"files,omitempty"`   // names in a folder
	Folders []string `json:"folders,omitempty"` // names in a folder
	// Error says why it could not be read; empty when it could.
	Error string `json:"error,omitempty"`
}

// keep drops what is not looked at, before it is checkpointed.
func (o *Object) keep() {
	o.Files = slices.DeleteFunc(o.Files, func(name string) bool { return !Wanted(name) && !isSolution(name) })
	o.Folders = slices.DeleteFunc(o.Folders, func(name string) bool {
		return strings.HasPrefix(name, ".") || slices.Contains(barren, strings.ToLower(name))
	})
}

// barren are folders in which nobody keeps projects; looking costs time.
var barren = []string{
	"bin", "obj", "node_modules", "packages", "docs", "doc", "images", "img", "media", "infra", "infrastructure", "scripts",
	"static", "public", "wwwroot", "properties", "models", "views", "controllers", "pages", "migrations", "resources", "css", "fonts",
	"styles", "locales",
}

// isSolution reports a file that lists projects. It is not read, but where one
// lies there are projects further down.
func isSolution(name string) bool {
	ext := path.Ext(strings.ToLower(name))
	return ext == ".sln" || ext == ".slnx" || ext == ".slnf"
}
