package site

// ToolName identifies the program in summary.json and thereby its sites.
const ToolName = "stalewatch"

// Marker is the name of the file that says a directory is a site of ours and
// may be replaced. The leading dot keeps it out of the Pages artifact.
const Marker = ".stalewatch-site"

// MarkerContent is what the marker says, as JSON.
type MarkerContent struct {
	Tool     string `json:"tool"`     // [ToolName]
	BasePath string `json:"basePath"` // the URL path the site is made for; it begins and ends with a slash
}

// ContentSecurity is the policy of every page. Pages carry it in a meta
// element, since GitHub Pages sends no headers of ours; a server can send both.
const ContentSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"
