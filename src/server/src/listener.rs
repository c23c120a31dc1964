//! Accepts connections until the process is told to shut down, then lets open requests finish within a
//! bounded time.
//!
//! `axum::serve` has no timeout for the head of a request and no limit of connections, and `axum-server`
//! evicts no idle connection, so this loop is our own; HTTP itself is hyper's.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::IntoResponse;
use http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::connection_slots::{ConnectionSlot, ConnectionSlots};

/// Limits for connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The most connections that are open at once.
    pub(crate) max_connections: usize,
    /// The longest time to read the head of a request, which is also how long an idle connection stays open,
    /// and again to read the body.
    pub(crate) read_timeout: Duration,
}

/// The largest head of a request, in bytes. The response to a larger one is 431.
const HEAD_LIMIT: usize = 64 * 1024;
/// The longest time for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest time for open requests to finish after the shutdown signal.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause after a connection could not be accepted, as when all file descriptors are in use.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);

/// Listens on `address`.
///
/// # Errors
/// When the address is in use or is not of this machine; the error names it.
pub(crate) async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves `router`, over TLS if `tls` is given, until `shutdown` completes. Open requests then have
/// [`DRAIN_TIMEOUT`] to finish.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    let slots = ConnectionSlots::new(limits.max_connections);
    let mut shutdown = pin!(shutdown);
    let mut is_accepting = true;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                is_accepting = true;
                // Small responses should not wait for more data. Where the option cannot be set, they do.
                let _ = stream.set_nodelay(true);
                let slot = tokio::select! {
                    slot = slots.acquire() => slot,
                    () = &mut shutdown => break,
                };
                let service =
                    connection_service(router.clone(), peer, limits.read_timeout, Arc::clone(&slot));
                let watcher = connections.watcher();
                let Some(tls) = tls.clone() else {
                    tokio::spawn(serve_connection(stream, service, watcher, limits.read_timeout, slot));
                    continue;
                };
                let mut stopped = stopped.clone();
                tokio::spawn(async move {
                    // No request was sent before the handshake, so that none is lost when it is given up.
                    let handshake = tokio::select! {
                        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
                        _ = stopped.changed() => return,
                        () = slot.evicted() => return,
                    };
                    match handshake {
                        Ok(Ok(stream)) => {
                            serve_connection(stream, service, watcher, limits.read_timeout, slot).await;
                        }
                        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
                        Err(_) => tracing::debug!("a handshake took too long"),
                    }
                });
            }
            Err(error) => {
                // Once for all connections that wait until one can be accepted again.
                if std::mem::take(&mut is_accepting) {
                    tracing::warn!(%error, "a connection could not be accepted; it waits with those that follow");
                }
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
            }
        }
    }
    drop((listener, stopping));
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown()).await.is_err() {
        tracing::warn!("requests that took longer than {} seconds were cut off", DRAIN_TIMEOUT.as_secs());
    }
}

/// Serves the requests of one connection until it ends or is evicted.
async fn serve_connection<S>(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    service: S,
    watcher: Watcher,
    read_timeout: Duration,
    slot: Arc<ConnectionSlot>,
) where
    S: hyper::service::Service<Request<Incoming>, Response = axum::response::Response, Error = Infallible>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(read_timeout)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        ended = watcher.watch(connection) => {
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection failed");
            }
        }
        () = slot.evicted() => tracing::debug!("a connection was evicted for another"),
    }
}

/// Returns the service of one connection: it adds the peer address to every request, and responds with 408
/// when the body is not read within `read_timeout`.
fn connection_service(
    router: Router,
    peer: SocketAddr,
    read_timeout: Duration,
    slot: Arc<ConnectionSlot>,
) -> impl hyper::service::Service<
    Request<Incoming>,
    Response = axum::response::Response,
    Error = Infallible,
    Future: Send,
> {
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let (router, slot) = (router.clone(), Arc::clone(&slot));
        async move {
            let mut response = pin!(router.oneshot(request.map(|body| slot.start_request(body))));
            let response = tokio::select! {
                response = &mut response => response,
                () = slot.body_timeout(read_timeout) => Ok(StatusCode::REQUEST_TIMEOUT.into_response()),
            };
            slot.finish_response();
            response
        }
    })
}

/// Calls `reload` at each SIGHUP. Never returns; where there are no signals it does nothing.
pub(crate) async fn reload_on_hangup(reload: impl AsyncFn()) {
    #[cfg(unix)]
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()) {
        Ok(mut hangup) => {
            while hangup.recv().await.is_some() {
                reload().await;
            }
        }
        Err(error) => tracing::warn!(%error, "SIGHUP reloads nothing"),
    }
    std::future::pending::<()>().await;
}

/// Returns a future that completes on Ctrl-C, or on SIGTERM where there is one. Signals are caught from the
/// moment this function returns.
///
/// # Errors
/// When the signal handlers cannot be installed.
pub(crate) fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            let _ = interrupt.recv().await;
        })
    }
}
