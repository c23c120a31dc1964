//! The files of the page, held in memory with their compressed variants, and the fallback to `index.html` for
//! navigations of a browser.
//!
//! No crate does all of what is needed here, so the code is our own: a content security policy for HTML, a
//! strong `ETag` for each encoding, precompressed variants, and the same code for a folder and for a site
//! embedded in the program.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use model::route;

use crate::file_variants::{Variant, Variants};
use crate::list_header;
use crate::navigation::is_navigation;
use crate::page_policy::{OPENER_POLICY, POLICY_FILE, PolicyError, WORKER_POLICY, page_policy};

/// The file that answers every navigation.
const INDEX: &str = "/index.html";

/// The page shown while there is no site. It uses no styles, because the policy of the response allows none.
const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>The page is not built</title>
<h1>The page is not built</h1>
<p>The tenant is running, but there is no page to show.</p>
<p>Run <code>cargo xtask build</code>, then start again; or name the folder of a built site with <code>--site</code>.</p>
</html>
";

/// The files of the page. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Site(Arc<HashMap<String, File>>);

/// Why a site cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// The folder has no `index.html`.
    #[error("there is no page in {}: it has no index.html", .0.display())]
    Missing(PathBuf),
    /// A file or folder cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// The site has no usable content security policy.
    #[error("the site in {site} cannot be served: {reason}. Build it again with `cargo xtask build`")]
    Policy {
        /// The folder of the site, or that it is embedded.
        site: String,
        /// What is wrong with the policy.
        reason: PolicyError,
    },
}

#[derive(Debug)]
struct File {
    content_type: &'static str,
    is_immutable: bool,
    /// The content security policy of a page or a worker; other files get one that allows nothing.
    policy: Option<HeaderValue>,
    variants: Variants,
}

impl Site {
    /// Reads a built site from its folder, with a policy for the origin of a tenant elsewhere, or for one on this server.
    ///
    /// # Errors
    /// [`SiteError`] when there is no `index.html`, when a file cannot be read, or when `csp.txt` is missing
    /// or is not a policy.
    pub(crate) fn load(folder: &Path, tenant: Option<&str>) -> Result<Self, SiteError> {
        if !folder.join("index.html").is_file() {
            return Err(SiteError::Missing(folder.to_owned()));
        }
        let mut contents = HashMap::new();
        read_folder(folder, "", &mut contents)?;
        Self::from_contents(contents, HashMap::new(), tenant)
            .map_err(|reason| SiteError::Policy { site: folder.display().to_string(), reason })
    }

    /// Returns the site that is embedded in this program, with a policy as in [`Site::load`].
    ///
    /// # Errors
    /// [`SiteError::Policy`] when the site was embedded without a usable `csp.txt`.
    #[cfg(feature = "embedded-site")]
    pub(crate) fn embedded(tenant: Option<&str>) -> Result<Self, SiteError> {
        /// The form in which a file is embedded.
        enum Form {
            Plain(&'static [u8]),
            Brotli(&'static [u8]),
        }
        let (mut contents, mut compressed) = (HashMap::new(), HashMap::new());
        for (path, form) in include!(concat!(env!("OUT_DIR"), "/embedded_site.rs")) {
            match form {
                Form::Plain(bytes) => contents.insert(path.to_owned(), Bytes::from_static(bytes)),
                Form::Brotli(bytes) => compressed.insert(path.to_owned(), Bytes::from_static(bytes)),
            };
        }
        Self::from_contents(contents, compressed, tenant)
            .map_err(|reason| SiteError::Policy { site: "this program".to_owned(), reason })
    }

    /// Returns a site without files: every navigation is answered with how to build the page.
    pub(crate) fn not_built() -> Self {
        Self(Arc::new(HashMap::new()))
    }

    /// Makes a site of files by path. Files whose names end in `.br` and `.gz` become variants of the file
    /// without that ending, if there is one; the policy's file is read and not served. Of the files in `compressed` there is
    /// only the form with brotli.
    fn from_contents(
        mut contents: HashMap<String, Bytes>,
        compressed: HashMap<String, Bytes>,
        tenant: Option<&str>,
    ) -> Result<Self, PolicyError> {
        let policy = page_policy(contents.remove(POLICY_FILE).as_deref(), tenant)?;
        let mut variants = HashMap::new();
        let is_variant = |path: &String| {
            let original = path.strip_suffix(".br").or_else(|| path.strip_suffix(".gz"));
            original.is_some_and(|original| contents.contains_key(original))
        };
        let paths: Vec<_> = contents.keys().filter(|path| is_variant(path)).cloned().collect();
        for path in paths {
            if let Some(bytes) = contents.remove(&path) {
                variants.insert(path, Variant::stored(bytes));
            }
        }
        let contents = contents.into_iter().map(|(path, bytes)| {
            let plain = Variant::stored(bytes);
            let [brotli, gzip] = ["br", "gz"].map(|ending| variants.remove(&format!("{path}.{ending}")));
            (path, Variants { plain, brotli, gzip })
        });
        let compressed = compressed.into_iter().map(|(path, bytes)| (path, Variants::of_brotli(bytes)));
        let files = contents.chain(compressed).map(|(path, variants)| {
            let content_type = content_type(&path);
            let policy = match &*path {
                route::SERVICE_WORKER => Some(WORKER_POLICY),
                _ => is_page(content_type).then(|| policy.clone()),
            };
            let file = File { content_type, is_immutable: has_content_hash(&path), policy, variants };
            (path, file)
        });
        Ok(Self(Arc::new(files.collect())))
    }

    /// Responds to a request that no route matched: with a file, with the page for a navigation, or with 404.
    pub(crate) fn respond(&self, request: &Request<Body>) -> Response {
        let path = request.uri().path();
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        match self.0.get(if path == "/" { INDEX } else { path }) {
            Some(_) if !is_safe => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response(),
            Some(file) => file.respond(request.method(), request.headers()),
            None if is_navigation(request) => {
                let index = self.0.get(INDEX);
                let mut page =
                    index.map_or_else(not_built, |index| index.respond(request.method(), request.headers()));
                if path == route::CALLBACK {
                    // A popup returns here from the tenant's pages, which have no opener policy: a change of
                    // the policy would cut the popup off from the page that waits for its response.
                    page.headers_mut().remove(OPENER_POLICY);
                }
                page
            }
            None => (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], "Not found\n").into_response(),
        }
    }
}

fn not_built() -> Response {
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

/// Reads all files below `folder` into `contents`, by their path with `prefix` in front.
fn read_folder(folder: &Path, prefix: &str, contents: &mut HashMap<String, Bytes>) -> Result<(), SiteError> {
    let unreadable = |error| SiteError::Unreadable(folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            read_folder(&path, &name, contents)?;
        } else {
            let bytes = fs::read(&path).map_err(|error| SiteError::Unreadable(path, error))?;
            contents.insert(name, Bytes::from(bytes));
        }
    }
    Ok(())
}

impl File {
    fn respond(&self, method: &Method, request: &HeaderMap) -> Response {
        let (variant, encoding) = self.select_variant(request);
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(ETAG, variant.etag.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache_control()));
        if self.variants.brotli.is_some() || self.variants.gzip.is_some() {
            headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        if let Some(policy) = &self.policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        if is_page(self.content_type) {
            headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin-allow-popups"));
        }
        if none_match_lists(request, &variant.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        let Some(bytes) = variant.bytes() else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        if method != Method::HEAD {
            *response.body_mut() = Body::from(bytes);
        }
        response
    }

    /// Returns the smallest variant that the client accepts, with its content encoding.
    fn select_variant(&self, request: &HeaderMap) -> (&Variant, Option<&'static str>) {
        let Variants { plain, brotli, gzip } = &self.variants;
        let candidates = [(brotli, "br"), (gzip, "gzip")];
        candidates
            .into_iter()
            .filter(|(_, encoding)| accepts_encoding(request, encoding))
            .find_map(|(variant, encoding)| Some((variant.as_ref()?, Some(encoding))))
            .unwrap_or((plain, None))
    }

    fn cache_control(&self) -> &'static str {
        if self.is_immutable { "public, max-age=31536000, immutable" } else { "no-cache" }
    }
}

/// Whether the client accepts `encoding`: it is listed, or covered by `*`, with a weight other than zero (RFC
/// 9110 section 12.5.3).
fn accepts_encoding(request: &HeaderMap, encoding: &str) -> bool {
    let mut by_wildcard = false;
    for item in list_header::items(request, &ACCEPT_ENCODING) {
        let (name, parameters) =
            item.split_once(';').map_or((item.as_str(), ""), |(name, rest)| (name.trim(), rest));
        let weight = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        if name == encoding {
            return weight > 0.0;
        }
        by_wildcard |= name == "*" && weight > 0.0;
    }
    by_wildcard
}

/// Whether `If-None-Match` lists `etag`. The comparison is the weak one (RFC 9110 section 13.1.2).
fn none_match_lists(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let etag = etag.to_str().unwrap_or_default();
    list_header::items(request, &IF_NONE_MATCH)
        .any(|item| item == "*" || item.trim_start_matches("w/") == etag)
}

/// Whether the file name ends in a hash of the content, as in `app-0123456789abcdef.js`: such a file never
/// changes.
fn has_content_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let hash = name.rsplit_once('.').and_then(|(stem, _)| stem.rsplit_once('-')).map_or("", |(_, hash)| hash);
    hash.len() >= 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_page(content_type: &str) -> bool {
    content_type.starts_with("text/html")
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use http::header::ACCEPT;

    use super::*;

    const SCRIPT: &str = "/app-0123456789abcdef.js";

    fn site() -> Site {
        let file = |path: &str, text: &'static str| (path.to_owned(), Bytes::from_static(text.as_bytes()));
        let contents = HashMap::from([
            file(POLICY_FILE, "default-src 'none'; script-src 'self' https://TENANT\n"),
            file(INDEX, "<!doctype html><script>go()</script>"),
            file(SCRIPT, "plain"),
            file("/app-0123456789abcdef.js.br", "brotli"),
            file("/app-0123456789abcdef.js.gz", "gzip"),
            file("/avatars/ada.svg", "<svg/>"),
            file(route::SERVICE_WORKER, "listen()"),
            file("/archive.gz", "an original, not a variant"),
        ]);
        Site::from_contents(contents, HashMap::new(), None).unwrap()
    }

    fn send(method: Method, path: &str, headers: &[(HeaderName, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        site().respond(&request.body(Body::empty()).unwrap())
    }

    fn get(path: &str, headers: &[(HeaderName, &str)]) -> Response {
        send(Method::GET, path, headers)
    }

    async fn body(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_client_gets_the_smallest_variant_that_it_accepts() {
        for (accepted, expected) in [
            ("gzip, deflate, br", "brotli"),
            ("gzip", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip"),
            ("*", "brotli"),
            ("identity, *;q=0", "plain"),
            ("br;q=nonsense", "plain"),
            ("", "plain"),
        ] {
            let response = get(SCRIPT, &[(ACCEPT_ENCODING, accepted)]);
            assert_eq!(response.headers()[VARY], "Accept-Encoding");
            assert_eq!(body(response).await, expected, "{accepted}");
        }
    }

    #[test]
    fn variants_have_different_etags() {
        let plain = get(SCRIPT, &[]);
        let brotli = get(SCRIPT, &[(ACCEPT_ENCODING, "br")]);
        assert_eq!(brotli.headers()[CONTENT_ENCODING], "br");
        assert_ne!(plain.headers()[ETAG], brotli.headers()[ETAG]);
    }

    #[test]
    fn a_file_that_the_client_has_is_not_sent_again() {
        let etag = get(SCRIPT, &[]).headers()[ETAG].to_str().unwrap().to_owned();
        let listed = format!("\"other\", W/{etag}");
        for known in [etag.as_str(), listed.as_str(), "*"] {
            let response = get(SCRIPT, &[(IF_NONE_MATCH, known)]);
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{known}");
            assert!(response.headers().get(CONTENT_TYPE).is_none());
        }
        assert_eq!(get(SCRIPT, &[(IF_NONE_MATCH, "\"other\"")]).status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_head_request_gets_headers_only() {
        let response = send(Method::HEAD, SCRIPT, &[]);
        assert_eq!(response.headers()[CONTENT_LENGTH], "5");
        assert_eq!(body(response).await, "");
    }

    #[test]
    fn only_a_file_named_by_its_content_is_cached_as_immutable() {
        assert_eq!(get(SCRIPT, &[]).headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        assert_eq!(get("/", &[]).headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(get("/avatars/ada.svg", &[]).headers()[CACHE_CONTROL], "no-cache");
        assert!(has_content_hash("/app_bg-0123456789abcdef.wasm"));
        assert!(!has_content_hash("/photo-20240229.png"));
    }

    #[test]
    fn the_service_worker_is_asked_for_anew_and_may_fetch_from_the_site_alone() {
        let response = get(route::SERVICE_WORKER, &[]);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], WORKER_POLICY);
        assert!(!response.headers().contains_key(OPENER_POLICY));
        assert!(!get("/avatars/ada.svg", &[]).headers().contains_key(CONTENT_SECURITY_POLICY));
    }

    #[tokio::test]
    async fn a_navigation_to_any_path_gets_the_page() {
        let accept = [(ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")];
        let response = get("/linked-accounts?x=y", &accept);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], "default-src 'none'; script-src 'self'");
        assert!(body(response).await.starts_with("<!doctype html>"));
    }

    #[test]
    fn the_page_has_an_opener_policy_except_at_the_callback() {
        let navigation = [(ACCEPT, "text/html")];
        let has_policy = |path| get(path, &navigation).headers().contains_key(OPENER_POLICY);
        assert!(has_policy("/") && has_policy("/linked-accounts"));
        assert!(!has_policy(route::CALLBACK));
    }

    #[test]
    fn a_request_that_is_not_a_navigation_is_not_found() {
        let html = [(ACCEPT, "text/html")];
        assert_eq!(get("/app-old.js", &html).status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/somewhere", &[(ACCEPT, "*/*")]).status(), StatusCode::NOT_FOUND);
        assert_eq!(get("/somewhere", &[]).status(), StatusCode::NOT_FOUND);
        assert_eq!(send(Method::POST, "/somewhere", &html).status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn a_file_cannot_be_written() {
        let response = send(Method::POST, "/", &[]);
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()[ALLOW], "GET, HEAD");
    }

    #[test]
    fn a_compressed_file_without_an_original_is_a_file() {
        assert_eq!(get("/archive.gz", &[]).status(), StatusCode::OK);
        assert_eq!(get("/app-0123456789abcdef.js.br", &[]).status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn without_a_site_a_navigation_shows_how_to_build_it() {
        let request = Request::get("/").header(ACCEPT, "text/html").body(Body::empty()).unwrap();
        let response = Site::not_built().respond(&request);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body(response).await.contains("cargo xtask build"));
    }

    #[test]
    fn a_folder_without_a_page_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let error = Site::load(folder.path(), None).unwrap_err();
        assert!(matches!(&error, SiteError::Missing(path) if path == folder.path()));
    }

    #[test]
    fn a_folder_without_a_policy_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
        let reason = Site::load(folder.path(), None).unwrap_err().to_string();
        assert!(reason.ends_with(
            "it has no csp.txt, which holds the page's content security policy. \
             Build it again with `cargo xtask build`"
        ));
        fs::write(folder.path().join("csp.txt"), "").unwrap();
        assert!(
            Site::load(folder.path(), None).unwrap_err().to_string().contains("its csp.txt is not a content")
        );
    }

    #[test]
    fn the_file_of_the_policy_is_not_served() {
        assert_eq!(get(POLICY_FILE, &[]).status(), StatusCode::NOT_FOUND);
    }
}
