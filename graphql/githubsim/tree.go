package githubsim

import (
	"path"
	"slices"
	"strings"
)

// maxText is how much of a file's text GitHub gives before it truncates.
const maxText = 512_000

// treeNode is a directory: "" is the root.
type treeNode struct {
	of  *repo
	dir string
}

// treeEntry is one name in a directory.
type treeEntry struct {
	in   treeNode
	name string
	file *File // nil for a directory
}

// blobNode is a file's content.
type blobNode struct {
	of   *repo
	file *File
}

func (treeNode) typeName() string  { return "Tree" }
func (treeEntry) typeName() string { return "TreeEntry" }
func (blobNode) typeName() string  { return "Blob" }

func (t treeNode) repository() *repo { return t.of }
func (b blobNode) repository() *repo { return b.of }

// entries lists a directory in git's order, in which a directory's name
// counts as if it ended in a slash.
func (t treeNode) entries() []treeEntry {
	var all []treeEntry
	seen := map[string]bool{}
	for i := range t.of.Files {
		file := &t.of.Files[i]
		rel, inside := file.Path, true
		if t.dir != "" {
			rel, inside = strings.CutPrefix(rel, t.dir+"/")
		}
		name, _, below := strings.Cut(rel, "/")
		if !inside || seen[name] {
			continue
		}
		seen[name] = true
		if below {
			file = nil
		}
		all = append(all, treeEntry{t, name, file})
	}
	slices.SortFunc(all, func(a, b treeEntry) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	return all
}

func (t treeNode) objects() []object {
	var all []object
	for _, e := range t.entries() {
		all = append(all, e)
	}
	return all
}

func (e treeEntry) sortKey() string {
	if e.file == nil {
		return e.name + "/"
	}
	return e.name
}

// object is the blob or tree behind the name.
func (e treeEntry) object() gitObject {
	if e.file == nil {
		return treeNode{e.in.of, path.Join(e.in.dir, e.name)}
	}
	return blobNode{e.in.of, e.file}
}

// at returns the tree or blob at a path below the root t, nil for none.
func (t treeNode) at(name string) value {
	if name == "" {
		return t
	}
	for i := range t.of.Files {
		switch file := &t.of.Files[i]; {
		case file.Path == name:
			return blobNode{t.of, file}
		case strings.HasPrefix(file.Path, name+"/"):
			return treeNode{t.of, name}
		}
	}
	return nil
}

// Ids are made up: they say which path of which repository, not what is there.
func (t treeNode) oid() string { return madeUpOID(uint64(t.of.id), "tree "+t.dir) }
func (b blobNode) oid() string { return madeUpOID(uint64(b.of.id), "blob "+b.file.Path) }

func (b blobNode) binary() bool { return strings.Contains(b.file.Text, "\x00") }

func (b blobNode) text() value {
	if b.binary() {
		return nil
	}
	return b.file.Text[:min(len(b.file.Text), maxText)]
}
