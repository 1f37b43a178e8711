package githubsim

import "strings"

// maxText is how much of a file's text GitHub gives before it truncates.
const maxText = 512_000

// treeNode is a directory. The prefix is that of its files' paths: empty for the
// root, else with a slash at the end.
type treeNode struct {
	of     *repo
	prefix string
}

// treeEntry is one name in a directory.
type treeEntry struct{ name, typ string }

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
func (t treeNode) entries() []object {
	var sorted []entry
	seen := map[string]bool{}
	for _, file := range t.of.Files {
		rel, inside := strings.CutPrefix(file.Path, t.prefix)
		name, _, below := strings.Cut(rel, "/")
		if !inside || seen[name] {
			continue
		}
		seen[name] = true
		e := entry{name, treeEntry{name, "blob"}}
		if below {
			e = entry{name + "/", treeEntry{name, "tree"}}
		}
		sorted = append(sorted, e)
	}
	var all []object
	for _, e := range byKey(sorted) {
		all = append(all, e.object)
	}
	return all
}

// at returns the tree or blob at a path, "" being the root, nil for none.
func (r *repo) at(path string) value {
	if path == "" {
		return treeNode{r, ""}
	}
	for i := range r.Files {
		switch file := &r.Files[i]; {
		case file.Path == path:
			return blobNode{r, file}
		case strings.HasPrefix(file.Path, path+"/"):
			return treeNode{r, path + "/"}
		}
	}
	return nil
}

// Ids are made up: they say which path of which repository, not what is there.
func (t treeNode) oid() string { return madeUpOID(uint64(t.of.id), "tree "+t.prefix) }
func (b blobNode) oid() string { return madeUpOID(uint64(b.of.id), "blob "+b.file.Path) }

// text is null for a binary file.
func (b blobNode) text() value {
	if strings.Contains(b.file.Text, "\x00") {
		return nil
	}
	return b.file.Text[:min(len(b.file.Text), maxText)]
}
