using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Fuzz.Tests.Workers;

/// <summary>
/// The port that a worker connects to. It passes connections on to a master, except those that get bytes of its own and
/// a close.
/// </summary>
internal sealed class Front : IAsyncDisposable
{
    private readonly TcpListener listener;
    private readonly IPEndPoint master;
    private readonly ConcurrentQueue<byte[]> junk = new();
    private readonly ConcurrentDictionary<Socket, bool> open = new();
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    private Front(TcpListener listener, IPEndPoint master)
    {
        (this.listener, this.master) = (listener, master);
        accepting = Accept();
    }

    /// <summary>Where it listens.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>
    /// Starts one at a port that the system gives to no outgoing connection, so that another program can take it over.
    /// </summary>
    public static Front Start(IPEndPoint master)
    {
        for (var tries = 0; ; tries++)
        {
            var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(20_000, 32_000));
            try
            {
                listener.Start();
                return new Front(listener, master);
            }
            catch (SocketException) when (tries < 100)
            {
                listener.Dispose();
            }
        }
    }

    /// <summary>Sends these bytes to the next connection, and breaks those that there are.</summary>
    public void Break(byte[] bytes)
    {
        junk.Enqueue(bytes);
        foreach (var socket in open.Keys)
            socket.Close(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (accepting.IsCompleted)
            return;
        await stop.CancelAsync();
        listener.Stop();
        foreach (var socket in open.Keys)
            socket.Close(0);
        await accepting;
        stop.Dispose();
    }

    private async Task Accept()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptSocketAsync(stop.Token);
                _ = junk.TryDequeue(out var bytes) ? Send(socket, bytes) : Pass(socket);
            }
            catch (Exception over) when (
                over is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Sends junk, reads what the caller has to say to it, and closes.</summary>
    private async Task Send(Socket socket, byte[] bytes)
    {
        using (socket)
        {
            try
            {
                using var moment = new CancellationTokenSource(TimeSpan.FromMilliseconds(50), TimeProvider.System);
                await socket.SendAsync(bytes, SocketFlags.None, stop.Token);
                var buffer = new byte[4096];
                while (await socket.ReceiveAsync(buffer, SocketFlags.None, moment.Token) > 0)
                {
                }
            }
            catch (Exception over) when (over is OperationCanceledException or SocketException)
            {
                // It has been read long enough.
            }
        }
    }

    private async Task Pass(Socket worker)
    {
        using var there = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        worker.NoDelay = true;
        open[worker] = true;
        try
        {
            await there.ConnectAsync(master, stop.Token);
            await Task.WhenAny(Copy(worker, there), Copy(there, worker));
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException)
        {
            // The worker finds its connection closed.
        }

        open.TryRemove(worker, out _);
        worker.Dispose();
    }

    private async Task Copy(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int count; (count = await from.ReceiveAsync(buffer, SocketFlags.None, stop.Token)) > 0;)
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), SocketFlags.None, stop.Token);
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The other direction ends with this one.
        }
    }
}
