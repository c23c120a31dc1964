//! The page shell: `src/app/index.html` with its placeholders filled.

use anyhow::{Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::silent_sign_in::EARLY_START;
use sha2::{Digest, Sha256};

/// The names of the files that the shell loads or names, without a leading slash.
pub(crate) struct Names {
    /// The glue that wasm-bindgen wrote.
    pub(crate) script: String,
    /// The page itself.
    pub(crate) wasm: String,
    /// The marks of providers and the icons.
    pub(crate) marks: String,
    /// The icon of the page in a tab.
    pub(crate) icon: String,
    /// What the page loads beside those.
    pub(crate) others: Vec<String>,
}

impl Names {
    /// The element that names all files of the page for its service worker.
    fn files(&self) -> String {
        let own = [&self.script, &self.wasm, &self.marks, &self.icon];
        let paths: Vec<_> = own.into_iter().chain(&self.others).map(|name| format!("/{name}")).collect();
        format!("<meta name=\"files\" content=\"{}\">", paths.join(" "))
    }
}

/// What stands in the shell itself.
pub(crate) struct Inline {
    /// The script that begins the silent sign-in.
    pub(crate) early_start: String,
    /// All styles: a file of their own would keep the first paint waiting for one more round trip.
    pub(crate) styles: String,
}

/// The shell with links to these files, its styles, and the two inline scripts: the early start, and the one that starts the page.
///
/// # Errors
/// When a placeholder is missing, or there twice.
pub(crate) fn filled(shell: &str, names: &Names, Inline { early_start, styles }: &Inline) -> Result<String> {
    let Names { script, wasm, marks, icon, .. } = names;
    if styles.contains("</") {
        bail!("the style sheets have what ends them in HTML");
    }
    let styles = format!("<style>{styles}</style>");
    let preloads = format!(
        "<link rel=\"modulepreload\" href=\"/{script}\">\n\
         <link rel=\"preload\" as=\"fetch\" type=\"application/wasm\" crossorigin href=\"/{wasm}\">"
    );
    let early_start = format!("<script>{early_start}</script>");
    let boot = format!(r#"<script type="module">{}</script>"#, boot(names));
    let mut page = shell.to_owned();
    for (placeholder, content) in [
        ("<!--files-->", names.files()),
        ("<!--preloads-->", preloads),
        ("<!--early-start-->", early_start),
        ("<!--styles-->", styles),
        ("<!--marks-->", format!("/{marks}")),
        ("<!--icon-->", format!("/{icon}")),
        ("<!--boot-->", boot),
    ] {
        match page.matches(placeholder).count() {
            1 => page = page.replacen(placeholder, &content, 1),
            0 => bail!("src/app/index.html lacks the placeholder {placeholder}"),
            count => {
                bail!("src/app/index.html has the placeholder {placeholder} {count} times; it may stand once")
            }
        }
    }
    Ok(page)
}

/// The inline script that starts the page. The import is a dynamic one so that its failure, too, ends in the sentence that
/// says what the page needs; a static import that fails would end in silence. Then nobody takes what the early start holds.
fn boot(Names { script, wasm, .. }: &Names) -> String {
    format!(
        "import(\"/{script}\")\
         .then((page)=>page.default({{module_or_path:\"/{wasm}\"}}))\
         .catch((reason)=>{{document.getElementById(\"needs\").hidden=false;\
         delete window[Symbol.for(\"{EARLY_START}\")];console.error(reason)}});"
    )
}

/// The content security policy of the page, for every host of the site.
///
/// `https://TENANT` stands for the origin of the tenant. A server that is the tenant itself leaves it out, because
/// `'self'` covers it.
pub(crate) fn content_security_policy(names: &Names, inline: &Inline) -> String {
    let hash = |content: &str| STANDARD.encode(Sha256::digest(content));
    let (early_start, boot, styles) = (hash(&inline.early_start), hash(&boot(names)), hash(&inline.styles));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-{early_start}' 'sha256-{boot}'; style-src 'sha256-{styles}'; \
         img-src 'self' data: https://TENANT; font-src 'self'; connect-src 'self' https://TENANT; \
         frame-src 'self' https://TENANT; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; object-src 'none'\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: &str = "<head><!--files--><!--icon--><!--preloads--><!--early-start--><!--styles--></head><body><!--marks--><!--boot--></body>";
    fn names() -> Names {
        Names {
            script: "app-1.js".to_owned(),
            wasm: "app_bg-2.wasm".to_owned(),
            marks: "providers-4.svg".to_owned(),
            icon: "icon-5.svg".to_owned(),
            others: vec!["later-3.wasm".to_owned()],
        }
    }

    fn inline() -> Inline {
        Inline { early_start: "begin()".to_owned(), styles: "p{margin:0}".to_owned() }
    }

    #[test]
    fn every_placeholder_is_filled() {
        let page = filled(SHELL, &names(), &inline()).unwrap();
        assert!(page.contains("<style>p{margin:0}</style>"));
        let files = "/app-1.js /app_bg-2.wasm /providers-4.svg /icon-5.svg /later-3.wasm";
        assert!(page.contains(&format!("<meta name=\"files\" content=\"{files}\">")), "{page}");
        assert!(page.contains(r#"<link rel="modulepreload" href="/app-1.js">"#));
        assert!(page.contains(r#"crossorigin href="/app_bg-2.wasm">"#));
        // The request of the early start goes out before the styles are read.
        assert!(page.find("begin()").unwrap() < page.find("<style>").unwrap());
        assert!(page.contains(r#"page.default({module_or_path:"/app_bg-2.wasm"})"#));
        assert!(page.contains("<body>/providers-4.svg<script"));
        assert!(page.contains(">/icon-5.svg<"));
        assert!(!page.contains("<!--"));
    }

    #[test]
    fn styles_that_would_end_early_are_refused() {
        let styles = "p::after{content:\"</style>\"}".to_owned();
        assert!(filled(SHELL, &names(), &Inline { styles, ..inline() }).is_err());
    }

    #[test]
    fn a_shell_without_a_placeholder_is_refused() {
        let error = filled(
            "<!--files--><!--icon--><!--early-start--><!--styles--><!--marks--><!--boot-->",
            &names(),
            &inline(),
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "src/app/index.html lacks the placeholder <!--preloads-->");
    }

    #[test]
    fn a_placeholder_that_stands_twice_is_refused() {
        let error = filled(&format!("{SHELL}<!--boot-->"), &names(), &inline()).unwrap_err();
        assert!(error.to_string().contains("<!--boot--> 2 times"), "{error}");
    }

    #[test]
    fn the_policy_names_the_hash_of_what_stands_between_the_tags() {
        let page = filled(SHELL, &names(), &inline()).unwrap();
        let hash = |tag: &str| {
            let (_, rest) = page.split_once(tag).unwrap();
            STANDARD.encode(Sha256::digest(rest.split_once("</s").unwrap().0))
        };
        let policy = content_security_policy(&names(), &inline());
        let (early_start, boot) = (hash("<script>"), hash(r#"<script type="module">"#));
        let sources = format!("script-src 'self' 'wasm-unsafe-eval' 'sha256-{early_start}' 'sha256-{boot}';");
        assert!(policy.contains(&sources), "{policy}");
        assert!(policy.contains(&format!("style-src 'sha256-{}';", hash("<style>"))), "{policy}");
        assert!(!policy.contains("unsafe-inline"));
        assert_eq!(policy.lines().count(), 1);
    }
}
