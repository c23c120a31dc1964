//! The least that an axum server does: it answers every GET with the same five bytes. `hello PORT` listens on loopback.

use std::error::Error;
use std::io::Write as _;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = std::env::args().nth(1).ok_or("usage: hello PORT")?.parse()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    writeln!(std::io::stdout(), "Listening on http://localhost:{port}")?;
    let router = Router::new().fallback(get(|| async { "hello" }));
    axum::serve(listener, router).await?;
    Ok(())
}
