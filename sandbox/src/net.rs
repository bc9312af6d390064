//! A server on a free port of this machine that can refuse connections, cut them and come back on the same port.

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How many connections may wait to be accepted. A crowd of clients arrives at once in some tests.
const BACKLOG: u32 = 4096;

/// A running server. Dropping it closes the port and every connection.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    orders: mpsc::UnboundedSender<Order>,
    alive: CancellationToken,
}

#[derive(Debug)]
enum Order {
    Shut(oneshot::Sender<io::Result<()>>),
    Open(oneshot::Sender<io::Result<()>>),
}

impl Server {
    /// Serves `router` on 127.0.0.1, a port given by the system. Handlers find their [`Line`] as `ConnectInfo<Line>`.
    pub(crate) async fn start(router: Router) -> io::Result<Self> {
        let listener = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?.listen(BACKLOG)?;
        let addr = listener.local_addr()?;
        let (orders, inbox) = mpsc::unbounded_channel();
        let alive = CancellationToken::new();
        let door = Door {
            addr,
            gate: Gate::Open(listener),
            orders: inbox,
            lines: alive.child_token(),
            alive: alive.clone(),
        };
        let service = router.into_make_service_with_connect_info::<Line>();
        let stop = alive.clone();
        tokio::spawn(async move {
            let server = axum::serve(door, service);
            tokio::select! {
                _ = server => {}
                () = stop.cancelled() => {}
            }
        });
        Ok(Self {
            addr,
            orders,
            alive,
        })
    }

    /// From when this returns, connections are refused, and those there were are cut. The port stays ours.
    pub(crate) async fn shut(&self) -> io::Result<()> {
        self.order(Order::Shut).await
    }

    /// Undoes [`Server::shut`].
    pub(crate) async fn open(&self) -> io::Result<()> {
        self.order(Order::Open).await
    }

    async fn order(
        &self,
        order: impl FnOnce(oneshot::Sender<io::Result<()>>) -> Order,
    ) -> io::Result<()> {
        let (done, waits) = oneshot::channel();
        let sent = self.orders.send(order(done));
        sent.map_err(|_| io::Error::other("the server has ended"))?;
        waits
            .await
            .map_err(|_| io::Error::other("the server has ended"))?
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.alive.cancel();
    }
}

/// One client's connection, for the handler that wants to break it.
#[derive(Debug, Clone)]
pub(crate) struct Line(CancellationToken);

impl Line {
    /// Breaks the connection: whatever is answered after this never arrives.
    pub(crate) fn cut(&self) {
        self.0.cancel();
    }
}

impl Connected<IncomingStream<'_, Door>> for Line {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        Self(stream.io().cut.clone())
    }
}

struct Door {
    addr: SocketAddr,
    gate: Gate,
    orders: mpsc::UnboundedReceiver<Order>,
    /// Parent of the connections there are now.
    lines: CancellationToken,
    alive: CancellationToken,
}

enum Gate {
    Open(TcpListener),
    /// Bound, not listening: the system refuses connections, and nobody else can take the port.
    Shut(Option<TcpSocket>),
}

impl Door {
    fn obey(&mut self, order: Order) {
        // Nobody waits for the answer any more when its sender fails.
        let _ = match order {
            Order::Shut(done) => done.send(self.shut()),
            Order::Open(done) => done.send(self.open()),
        };
    }

    fn shut(&mut self) -> io::Result<()> {
        if matches!(self.gate, Gate::Open(_)) {
            self.gate = Gate::Shut(None); // the listener goes first, or its port cannot be bound
            self.gate = Gate::Shut(Some(bind(self.addr)?));
        }
        self.lines.cancel();
        self.lines = self.alive.child_token();
        Ok(())
    }

    fn open(&mut self) -> io::Result<()> {
        if let Gate::Shut(socket) = &mut self.gate {
            let socket = socket.take().map_or_else(|| bind(self.addr), Ok)?;
            self.gate = Gate::Open(socket.listen(BACKLOG)?);
        }
        Ok(())
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            let order = match &self.gate {
                Gate::Open(listener) => tokio::select! {
                    biased;
                    order = self.orders.recv() => order,
                    accepted = listener.accept() => {
                        if let Ok((stream, from)) = accepted {
                            return (Wire::new(stream, self.lines.child_token()), from);
                        }
                        // Out of descriptors, or the client left: neither is ours to end on.
                        tokio::time::sleep(Duration::from_millis(5)).await;
                        continue;
                    }
                },
                Gate::Shut(_) => self.orders.recv().await,
            };
            match order {
                Some(order) => self.obey(order),
                None => std::future::pending().await, // the server was dropped, its task is being ended
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

fn bind(addr: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?; // connections of a moment ago linger on the port
    socket.bind(addr)?;
    Ok(socket)
}

/// A connection that can be cut from outside.
pub(crate) struct Wire {
    stream: TcpStream,
    cut: CancellationToken,
    is_cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Wire {
    fn new(stream: TcpStream, cut: CancellationToken) -> Self {
        let _ = stream.set_nodelay(true); // slower without it, not wrong
        let is_cut = Box::pin(cut.clone().cancelled_owned());
        Self {
            stream,
            cut,
            is_cut,
        }
    }

    fn poll_cut(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self.is_cut.as_mut().poll(cx) {
            Poll::Ready(()) => {
                // The other side sees a reset, not a polite end.
                let _ = self.stream.set_zero_linger();
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_cut(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
