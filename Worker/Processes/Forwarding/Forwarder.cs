using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using OrleansTasks.Processing.Text;

namespace OrleansTasks.Worker.Processes.Forwarding;

/// <summary>
/// The way of one sandboxed command to the hosts that its task lists: an HTTP proxy, on a socket that listens in the
/// sandbox's network, where nothing else leads out. It resolves names, connects, and logs each connection and refusal.
/// </summary>
/// <remarks>
/// The command is hostile: everything is bounded, and what it sends reaches nothing but a listed host and port. A
/// client waits in the kernel's queue while all connections are in use.
/// </remarks>
internal sealed partial class Forwarder : IDisposable
{
    /// <summary>The port in the sandbox's network.</summary>
    internal const int Port = 3128;

    /// <summary>Maximum number of connections of one command.</summary>
    internal const int MostConnections = 64;

    private const int MostLookups = 4, MostAddresses = 8, MostLines = 100, BufferSize = 16 * 1024,
        MostDrained = 64 * 1024;
    private static readonly string[] OwnNames = ["localhost", "127.0.0.1", "::1"];
    private static readonly string[] ProxyNames =
        ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    private static readonly TimeSpan HeadLimit = TimeSpan.FromSeconds(10), AddressLimit = TimeSpan.FromSeconds(10),
        ConnectLimit = TimeSpan.FromSeconds(30), DrainLimit = TimeSpan.FromSeconds(2), Pause = TimeSpan.FromSeconds(1);

    private static readonly ProxyFault Full = new(
        503, $"the {ForwarderShare.MostConnections} connections of this worker's sandboxes have been open for 30 s");

    private static readonly byte[] Established = "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray();

    private readonly Socket listener;
    private readonly HostList hosts;
    private readonly string task;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ForwarderShare share;
    private readonly SemaphoreSlim free = new(MostConnections);
    private readonly SemaphoreSlim lookups = new(MostLookups);
    private readonly CancellationTokenSource ending = new();
    private readonly int descriptor;
    private int lines, connected, refused, failed, isEnded;

    /// <summary>Begins to accept connections.</summary>
    /// <param name="listener">
    /// The descriptor of a socket that listens in the sandbox's network; this type closes it.
    /// </param>
    /// <param name="hosts">What the command may reach.</param>
    /// <param name="task">The attempt, for the log.</param>
    /// <param name="time">The source of timeouts.</param>
    /// <param name="logger">Logs connections and refusals.</param>
    /// <param name="share">What it shares with others; null for that of this process.</param>
    internal Forwarder(
        int listener, HostList hosts, string task, TimeProvider time, ILogger logger, ForwarderShare? share = null)
    {
        this.share = share ?? ForwarderShare.OfWorker;
        this.listener = new Socket(new SafeSocketHandle(listener, ownsHandle: true));
        (this.hosts, this.task, this.time, this.logger, descriptor) = (hosts, task, time, logger, listener);
        _ = AcceptAsync();
    }

    /// <summary>The descriptor of the listening socket; negative once it is closed.</summary>
    internal int Descriptor => Volatile.Read(ref isEnded) == 0 ? descriptor : -1;

    /// <summary>
    /// Returns the variables by which programs find the proxy. They reach the sandbox's own loopback device without it,
    /// unless the task lists the machine's by the same name.
    /// </summary>
    internal static IEnumerable<KeyValuePair<string, string>> VariablesFor(HostList hosts)
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}");
        var without = string.Join(',', OwnNames.Where(name => !hosts.Has(name)));
        foreach (var name in ProxyNames) yield return new(name, address);
        yield return new("NO_PROXY", without);
        yield return new("no_proxy", without);
    }

    /// <summary>Closes the listening socket and all connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref isEnded, 1) != 0) return;
        ending.Cancel();
        listener.Dispose();
        if (Volatile.Read(ref lines) > 0)
            Ended(task, Volatile.Read(ref connected), Volatile.Read(ref refused), Volatile.Read(ref failed));
    }

    private async Task AcceptAsync()
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                await free.WaitAsync(ending.Token).ConfigureAwait(false);
                var client = await AcceptOneAsync().ConfigureAwait(false);
                _ = ServeAsync(client);
            }
            catch (Exception ended) when (ended is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task<Socket> AcceptOneAsync()
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(ending.Token).ConfigureAwait(false);
            }
            catch (SocketException) when (!ending.IsCancellationRequested)
            {
                // The client has gone, or the worker has no descriptors left.
                await Task.Delay(Pause, time, ending.Token).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var isCounted = false;
        try
        {
            isCounted = await TryCountAsync().ConfigureAwait(false);
            if (isCounted) await ServeOneAsync(client).ConfigureAwait(false);
            else await RefuseAsync(client, "a connection", Full).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two sides has gone, or the command has ended.
        }
        finally
        {
            client.Dispose();
            if (isCounted) share.Connections.Release();
            free.Release();
        }
    }

    /// <summary>
    /// Waits for one of the worker's connections. Returns false if there is none for long: a command whose own
    /// connections are all open can close one, but those of others need not ever end.
    /// </summary>
    private async Task<bool> TryCountAsync()
    {
        using var limit = new Limit(ConnectLimit, time, ending.Token);
        try
        {
            await share.Connections.WaitAsync(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task ServeOneAsync(Socket client)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ProxyRequest.LongestHead);
        try
        {
            var (length, head) = await ReadHeadAsync(client, buffer).ConfigureAwait(false);
            if (length == 0) return;
            var fault = new ProxyFault(431, "the request has no end within 16 KiB and 10 s");
            if (head == 0 || ProxyRequest.Parse(buffer.AsSpan(0, head), out fault) is not { } request)
            {
                await RefuseAsync(client, "a request", fault).ConfigureAwait(false);
                return;
            }

            var target = request.Target.ToString();
            if (request.Body < length - head)
                fault = new(400, "more than one request in a connection");
            else if (!hosts.Allows(request.Target))
                fault = new(403, $"{target} is not among the hosts that isolation.allow lists");
            else
            {
                await ForwardAsync(client, request, buffer.AsMemory(head, length - head)).ConfigureAwait(false);
                return;
            }

            await RefuseAsync(client, target, fault).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Reads a request's head. Returns how much was read, and how much of that is the head: 0 if it does not end.
    /// </summary>
    private async Task<(int Length, int Head)> ReadHeadAsync(Socket client, byte[] buffer)
    {
        var length = 0;
        using var limit = new Limit(HeadLimit, time, ending.Token);
        try
        {
            while (length < ProxyRequest.LongestHead)
            {
                var room = buffer.AsMemory(length, ProxyRequest.LongestHead - length);
                var read = await client.ReceiveAsync(room, limit.Token).ConfigureAwait(false);
                if (read == 0) return (0, 0);
                var from = Math.Max(0, length - ProxyRequest.HeadEnd.Length + 1);
                length += read;
                var end = buffer.AsSpan(from, length - from).IndexOf(ProxyRequest.HeadEnd);
                if (end >= 0) return (length, from + end + ProxyRequest.HeadEnd.Length);
            }
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            // It is too slow.
        }

        return (Math.Max(length, 1), 0);
    }

    private async Task ForwardAsync(Socket client, ProxyRequest request, ReadOnlyMemory<byte> rest)
    {
        var (server, fault) = await ConnectAsync(request.Target).ConfigureAwait(false);
        if (server is null)
        {
            await RefuseAsync(client, request.Target.ToString(), fault).ConfigureAwait(false);
            return;
        }

        using (server)
        {
            server.NoDelay = client.NoDelay = true;
            server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            Interlocked.Increment(ref connected);
            if (MayLog()) Connected(task, request.Target.ToString(), $"{server.RemoteEndPoint}");
            if (request.Body is null)
                await SendAsync(client, Established, ending.Token).ConfigureAwait(false);
            await SendAsync(server, request.Head, ending.Token).ConfigureAwait(false);
            await SendAsync(server, rest, ending.Token).ConfigureAwait(false);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
            var there = request.Body is { } body
                ? CopyBodyAsync(client, server, body - rest.Length, either)
                : CopyAsync(client, server, either);
            var back = CopyAsync(server, client, either, endsBoth: request.Body is not null);
            await Task.WhenAll(there, back).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Copies what one side sends until it ends, and then tells the other. If either side fails, the copying in the
    /// other direction ends too.
    /// </summary>
    private static async Task CopyAsync(Socket from, Socket to, CancellationTokenSource either, bool endsBoth = false)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer.AsMemory(0, BufferSize), either.Token).ConfigureAwait(false)) > 0)
                await SendAsync(to, buffer.AsMemory(0, read), either.Token).ConfigureAwait(false);
            to.Shutdown(SocketShutdown.Send);
            if (endsBoth) either.Cancel();
        }
        catch
        {
            either.Cancel();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Copies a body of known length. A client that sends more would start another request, which nobody has checked,
    /// so its connection ends.
    /// </summary>
    private static async Task CopyBodyAsync(Socket client, Socket server, long left, CancellationTokenSource either)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (left > 0)
            {
                var room = buffer.AsMemory(0, (int)Math.Min(left, BufferSize));
                var read = await client.ReceiveAsync(room, either.Token).ConfigureAwait(false);
                if (read == 0) throw new SocketException((int)SocketError.ConnectionReset);
                await SendAsync(server, buffer.AsMemory(0, read), either.Token).ConfigureAwait(false);
                left -= read;
            }

            // A client that sends no more may still wait for the answer.
            if (await client.ReceiveAsync(buffer.AsMemory(0, 1), either.Token).ConfigureAwait(false) > 0)
                either.Cancel();
        }
        catch
        {
            either.Cancel();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<(Socket? Server, ProxyFault Fault)> ConnectAsync(HostPort target)
    {
        using var limit = new Limit(ConnectLimit, time, ending.Token);
        var why = "its name has no address";
        try
        {
            var addresses = target.Address is { } given
                ? [given]
                : await share.ResolveAsync(target.Host, lookups, limit.Token).ConfigureAwait(false);
            foreach (var address in addresses.Take(MostAddresses))
            {
                if (!HostList.MayReach(target, address))
                {
                    why = $"its name leads to {address}, which only an entry for that address allows";
                    continue;
                }

                var server = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                using var one = new Limit(AddressLimit, time, limit.Token);
                try
                {
                    await server.ConnectAsync(new IPEndPoint(address, target.Port), one.Token).ConfigureAwait(false);
                    return (server, default);
                }
                catch (Exception failure) when (failure is SocketException
                    || (failure is OperationCanceledException && !limit.Token.IsCancellationRequested))
                {
                    server.Dispose();
                    why = failure is SocketException { SocketErrorCode: var code } ? $"{code}" : "it does not answer";
                }
                catch
                {
                    server.Dispose();
                    throw;
                }
            }
        }
        catch (SocketException)
        {
            why = "its name cannot be resolved";
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            why = "it does not answer";
        }

        return (null, new(502, $"cannot connect to {target}: {why}"));
    }

    private async Task RefuseAsync(Socket client, string target, ProxyFault fault)
    {
        Interlocked.Increment(ref fault.Status >= 502 ? ref failed : ref refused);
        if (MayLog()) Refused(task, target, fault.Message);
        // Many programs show a proxy's reason and not its body.
        var body = Encoding.ASCII.GetBytes($"{fault.Message}\nisolation.allow lists: {hosts}\n");
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {fault.Status} {fault.Message}\r\nContent-Type: text/plain\r\n"
                + $"Content-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        using var limit = new Limit(DrainLimit, time, ending.Token);
        await SendAsync(client, Encoding.ASCII.GetBytes(head), limit.Token).ConfigureAwait(false);
        await SendAsync(client, body, limit.Token).ConfigureAwait(false);
        client.Shutdown(SocketShutdown.Send);
        // Closing a socket that has unread bytes resets the connection, and the client would lose the answer.
        var unread = new byte[4096];
        for (var drained = 0; drained < MostDrained;)
        {
            var read = await client.ReceiveAsync(unread, limit.Token).ConfigureAwait(false);
            if (read == 0) return;
            drained += read;
        }
    }

    private static async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await to.SendAsync(bytes, cancellation).ConfigureAwait(false)..];
    }

    private bool MayLog() => Interlocked.Increment(ref lines) <= MostLines;

    [LoggerMessage(EventId = 3471, Level = LogLevel.Information,
        Message = "The sandbox of task {Task} connected to {Host} ({Address}).")]
    private partial void Connected(string task, string host, string address);

    [LoggerMessage(EventId = 3472, Level = LogLevel.Warning,
        Message = "The sandbox of task {Task} was refused {Host}: {Reason}.")]
    private partial void Refused(string task, string host, string reason);

    [LoggerMessage(EventId = 3473, Level = LogLevel.Information,
        Message = "The sandbox of task {Task} ended: {Connections} connections, {Refusals} refusals, "
            + "{Failures} connections that failed.")]
    private partial void Ended(string task, int connections, int refusals, int failures);

    /// <summary>A time limit within another one.</summary>
    private sealed class Limit : IDisposable
    {
        private readonly CancellationTokenSource timeout;
        private readonly CancellationTokenSource linked;

        internal Limit(TimeSpan limit, TimeProvider time, CancellationToken outer)
        {
            timeout = new(limit, time);
            linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, outer);
        }

        internal CancellationToken Token => linked.Token;

        public void Dispose()
        {
            linked.Dispose();
            timeout.Dispose();
        }
    }
}
