using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// A way to the service that can fall silent: connections made before then stay open and carry nothing any more, in either
/// direction, as when a router on the way drops their packets. Later ones work. It can also cut connections that have carried much.
/// </summary>
internal sealed class FreezingProxy : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly TcpListener listener;
    private readonly CancellationTokenSource stop = new();
    private readonly IPEndPoint target;
    private readonly Task accepting;
    private CancellationTokenSource thaw = new();
    private int accepted;
    private int cuts;

    /// <param name="target">Where the service is: <c>address:port</c>.</param>
    /// <param name="place">Where to connect; any free port unless given.</param>
    public FreezingProxy(string target, string place = "127.0.0.1:0")
    {
        this.target = IPEndPoint.Parse(target);
        listener = new TcpListener(IPEndPoint.Parse(place));
        listener.Start();
        accepting = Accept();
    }

    /// <summary>Where to connect: <c>address:port</c>.</summary>
    public string Address => listener.LocalEndpoint.ToString()!;

    /// <summary>How many connections were made.</summary>
    public int Accepted => Volatile.Read(ref accepted);

    /// <summary>After how many bytes to the service a connection is cut; 0: none is.</summary>
    public long CutsAfter { get; init; }

    /// <summary>How many connections are cut; later ones are not.</summary>
    public int Cuts { get; init; }

    /// <summary>Silences all connections that there are; returns how many were made until then.</summary>
    public int Freeze()
    {
        CancellationTokenSource now;
        int silenced;
        lock (gate)
            (now, thaw, silenced) = (thaw, new CancellationTokenSource(), accepted);
        now.Cancel();
        return silenced;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await thaw.CancelAsync();
        listener.Stop();
        await accepting;
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var near = await listener.AcceptSocketAsync(stop.Token);
                CancellationToken frozen;
                lock (gate)
                {
                    accepted++;
                    frozen = thaw.Token;
                }

                _ = Serve(near, frozen);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task Serve(Socket near, CancellationToken frozen)
    {
        using var far = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        using (near)
        {
            try
            {
                await far.ConnectAsync(target, stop.Token);
                await Task.WhenAny(Copy(near, far, CutsAfter, frozen), Copy(far, near, 0, frozen));
                if (frozen.IsCancellationRequested)
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException)
            {
            }
        }
    }

    private async Task Copy(Socket from, Socket to, long most, CancellationToken frozen)
    {
        var buffer = new byte[64 * 1024];
        var carried = 0L;
        try
        {
            while (await from.ReceiveAsync(buffer, frozen) is var count and > 0)
            {
                carried += count;
                if (most > 0 && carried > most && Interlocked.Increment(ref cuts) <= Cuts)
                    return;
                await to.SendAsync(buffer.AsMemory(0, count), frozen);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
        }
    }
}
