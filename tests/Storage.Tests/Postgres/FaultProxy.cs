using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>
/// Stands between a store and its server, and understands as much of the protocol as it takes to find the end of a commit: a
/// message Sync behind several statements. It can cut the connection before the server has that message, or after the server has
/// answered it, or keep the message for a while. It can also pass on only the first half of a notification.
/// </summary>
internal sealed class FaultProxy : IDisposable
{
    /// <summary>Fewer statements are no commit: a small write has one behind its BEGIN.</summary>
    private const int StatementsOfACommit = 4;

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly int serverPort;
    private TaskCompletionSource reached = new();
    private TaskCompletionSource released = new();
    private volatile Fault fault;
    private int commits;

    internal FaultProxy(int serverPort)
    {
        this.serverPort = serverPort;
        listener.Start();
        _ = Accept();
    }

    internal enum Fault
    {
        None,
        CutBeforeCommit,
        CutAfterCommit,
        Hold,
        HalfNotification,
    }

    internal int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>How many commits went through, each by one message Sync.</summary>
    internal int Commits => Volatile.Read(ref commits);

    /// <summary>Ends when the fault has met a commit or a notification.</summary>
    internal Task Reached => reached.Task;

    /// <summary>Lets the fault meet the next commit.</summary>
    internal void Arm(Fault next)
    {
        reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        fault = next;
    }

    /// <summary>Passes on what was kept.</summary>
    internal void Release() => released.TrySetResult();

    public void Dispose()
    {
        closing.Cancel();
        listener.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
                _ = Serve(await listener.AcceptTcpClientAsync(closing.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task Serve(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, serverPort, closing.Token);
            near.NoDelay = far.NoDelay = true;
            var connection = new Passing(this, near.GetStream(), far.GetStream());
            await Task.WhenAny(connection.Forward(), connection.Backward());
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has closed the connection; so does the other one.
        }
    }

    /// <summary>One connection.</summary>
    private sealed class Passing(FaultProxy proxy, Stream near, Stream far)
    {
        private volatile bool answersAreCut;

        /// <summary>Passes on what the client says, message by message.</summary>
        internal async Task Forward()
        {
            // The first message alone has no type.
            await far.WriteAsync(await Read(typed: false), proxy.closing.Token);
            for (var statements = 0; ;)
            {
                var message = await Read(typed: true);
                if (message[0] == (byte)'E')
                    statements++;
                if (message[0] == (byte)'S')
                {
                    if (statements >= StatementsOfACommit && !await Pass())
                        return;
                    statements = 0;
                }

                await far.WriteAsync(message, proxy.closing.Token);
            }
        }

        /// <summary>Passes on what the server says, until its answer to the commit is to be lost.</summary>
        internal async Task Backward()
        {
            var buffer = new byte[64 * 1024];
            while (await far.ReadAsync(buffer, proxy.closing.Token) is var count and > 0)
            {
                if (answersAreCut)
                {
                    // The answer to a commit ends with ReadyForQuery, six bytes that say that no transaction is open.
                    if (buffer.AsSpan(0, count).EndsWith("Z\0\0\0\u0005I"u8))
                    {
                        proxy.reached.TrySetResult();
                        return;
                    }

                    continue;
                }

                // The server sends notifications to a client that waits by themselves.
                if (proxy.fault == Fault.HalfNotification && buffer[0] == (byte)'A')
                {
                    proxy.fault = Fault.None;
                    await near.WriteAsync(buffer.AsMemory(0, count / 2), proxy.closing.Token);
                    proxy.reached.TrySetResult();
                    await proxy.released.Task;
                    return;
                }

                await near.WriteAsync(buffer.AsMemory(0, count), proxy.closing.Token);
            }
        }

        private async Task<bool> Pass()
        {
            Interlocked.Increment(ref proxy.commits);
            var met = proxy.fault;
            proxy.fault = Fault.None;
            switch (met)
            {
                case Fault.CutBeforeCommit:
                    proxy.reached.TrySetResult();
                    return false;
                case Fault.CutAfterCommit:
                    answersAreCut = true;
                    return true;
                case Fault.Hold:
                    proxy.reached.TrySetResult();
                    await proxy.released.Task;
                    return true;
                default:
                    return true;
            }
        }

        private async Task<byte[]> Read(bool typed)
        {
            var head = new byte[typed ? 5 : 4];
            await near.ReadExactlyAsync(head, proxy.closing.Token);
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(typed ? 1 : 0));
            var message = new byte[length + (typed ? 1 : 0)];
            head.CopyTo(message, 0);
            await near.ReadExactlyAsync(message.AsMemory(head.Length), proxy.closing.Token);
            return message;
        }
    }
}
