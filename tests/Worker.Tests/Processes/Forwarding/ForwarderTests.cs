using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Processes.Forwarding;

namespace OrleansTasks.Worker.Tests.Processes.Forwarding;

/// <summary>The bounds of a forwarder, with real sockets, a clock of the test's and lookups that hang.</summary>
public sealed class ForwarderTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly ManualTime time = new();
    private readonly ManualResetEventSlim answers = new();
    private readonly SemaphoreSlim asked = new(0);
    private readonly List<bool> ofPool = [];
    private readonly List<Forwarder> forwarders = [];
    private readonly List<int> ports = [];
    private readonly Socket server = Listen();
    private readonly ForwarderShare share;

    public ForwarderTests()
    {
        share = new(_ =>
        {
            lock (ofPool) ofPool.Add(Thread.CurrentThread.IsThreadPoolThread);
            asked.Release();
            answers.Wait();
            return [IPAddress.Parse("203.0.113.1")];
        });
        _ = EchoAsync();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private int Port => ((IPEndPoint)server.LocalEndPoint!).Port;

    public void Dispose()
    {
        answers.Set();
        foreach (var forwarder in forwarders) forwarder.Dispose();
        server.Dispose();
    }

    [Fact]
    public async Task Lookups_Hang_EndAtTheLimitAndOtherConnectionsGoOn()
    {
        var proxy = Forward("hangs.example:443", $"127.0.0.1:{Port}");
        using var open = await TunnelAsync(proxy);
        var waiting = new List<Socket>();
        // One more than the lookups of a command at a time.
        for (var i = 0; i < 5; i++) waiting.Add(await AskAsync(proxy, "CONNECT hangs.example:443 HTTP/1.1\r\n\r\n"));
        for (var i = 0; i < 4; i++) Assert.True(await asked.WaitAsync(Patience, Cancellation));

        await AssertCarriesAsync(open);
        using (var another = await TunnelAsync(proxy)) await AssertCarriesAsync(another);
        Assert.All(waiting, static client => Assert.Equal(0, client.Available));
        var told = waiting.ConvertAll(ReadAsync);
        while (!Task.WhenAll(told).IsCompleted)
        {
            // The fifth begins to wait at a time that nothing tells.
            time.Advance(TimeSpan.FromSeconds(30));
            await Task.WhenAny(Task.WhenAll(told), Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation));
        }

        foreach (var text in told)
        {
            Assert.StartsWith(
                "HTTP/1.1 502 cannot connect to hangs.example:443: it does not answer\r\n", await text,
                StringComparison.Ordinal);
        }

        await AssertCarriesAsync(open);
        Assert.Equal(0, asked.CurrentCount);
        Assert.DoesNotContain(true, ofPool);
        waiting.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task Lookups_OfManyCommandsHang_AreBoundedAndNotThreadsOfThePool()
    {
        var clients = new List<Socket>();
        for (var i = 0; i < ForwarderShare.MostLookups / 4; i++)
        {
            var proxy = Forward("hangs.example:443");
            for (var j = 0; j < 4; j++)
                clients.Add(await AskAsync(proxy, "CONNECT hangs.example:443 HTTP/1.1\r\n\r\n"));
        }

        for (var i = 0; i < clients.Count; i++) Assert.True(await asked.WaitAsync(Patience, Cancellation));
        var last = Forward("hangs.example:443", $"127.0.0.1:{Port}");
        clients.Add(await AskAsync(last, "CONNECT hangs.example:443 HTTP/1.1\r\n\r\n"));
        using (var tunnel = await TunnelAsync(last)) await AssertCarriesAsync(tunnel);

        Assert.False(await asked.WaitAsync(0, Cancellation));
        answers.Set();
        Assert.True(await asked.WaitAsync(Patience, Cancellation));
        Assert.Equal(ForwarderShare.MostLookups + 1, ofPool.Count);
        Assert.DoesNotContain(true, ofPool);
        clients.ForEach(static client => client.Dispose());
    }

    [Fact]
    public async Task Connections_AsManyAsAWorkerMayHave_AreServedAndOneMoreIsToldSo()
    {
        var tunnels = new List<Socket>();
        for (var i = 0; i < ForwarderShare.MostConnections / Forwarder.MostConnections; i++)
        {
            var proxy = Forward($"127.0.0.1:{Port}");
            for (var j = 0; j < Forwarder.MostConnections; j++) tunnels.Add(await TunnelAsync(proxy));
        }

        Assert.Equal(1_024, tunnels.Count);
        Assert.True(Connections() > tunnels.Count);
        foreach (var tunnel in tunnels) await AssertCarriesAsync(tunnel);
        var last = Forward($"127.0.0.1:{Port}");
        using (var refused = await AskAsync(last, Connect))
        {
            var told = ReadAsync(refused);
            while (!told.IsCompleted)
            {
                time.Advance(TimeSpan.FromSeconds(30));
                await Task.WhenAny(told, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancellation));
            }

            Assert.StartsWith(
                "HTTP/1.1 503 the 1024 connections of this worker's sandboxes", await told, StringComparison.Ordinal);
        }

        using (var waiting = await AskAsync(last, Connect))
        {
            tunnels[0].Dispose();
            Assert.Equal(Established, await ReadAsync(waiting, Established.Length));
        }

        foreach (var forwarder in forwarders) forwarder.Dispose();
        foreach (var tunnel in tunnels.Skip(1))
        {
            Assert.Equal("", await ReadAsync(tunnel));
            tunnel.Dispose();
        }

        await HoldsAsync(() => Connections() == 0);
        Assert.Equal(ForwarderShare.MostConnections, share.Connections.CurrentCount);
    }

    [Fact]
    public async Task Head_ByteByByteWithoutAnEnd_IsRefusedAtTheLimit()
    {
        var proxy = Forward($"127.0.0.1:{Port}");
        using var client = await AskAsync(proxy, "");
        var told = ReadAsync(client);

        for (var i = 0; !told.IsCompleted; i++)
        {
            if (i < 16_000) await SendAsync(client, i == 0 ? "C" : "x");
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(told, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation));
        }

        Assert.StartsWith(
            "HTTP/1.1 431 the request has no end within 16 KiB and 10 s\r\n", await told, StringComparison.Ordinal);
        using var tunnel = await TunnelAsync(proxy);
        await AssertCarriesAsync(tunnel);
    }

    [Theory]
    [InlineData(16 * 1024)]
    [InlineData(60_000)]
    public async Task Head_TooLong_IsRefusedAtOnce(int length)
    {
        var proxy = Forward($"127.0.0.1:{Port}");

        using (var client = await AskAsync(proxy, $"CONNECT 127.0.0.1:{Port} HTTP/1.1\r\nx: ".PadRight(length, 'x')))
            Assert.StartsWith("HTTP/1.1 431 ", await ReadAsync(client), StringComparison.Ordinal);

        await HoldsAsync(() => share.Connections.CurrentCount == ForwarderShare.MostConnections);
    }

    private string Connect => $"CONNECT 127.0.0.1:{Port} HTTP/1.1\r\n\r\n";

    private const string Established = "HTTP/1.1 200 Connection established\r\n\r\n";

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(2_000);
        return listener;
    }

    /// <summary>How many sockets have a connection to a forwarder or to the server. Other tests have others.</summary>
    private int Connections()
    {
        var suffixes = ports.Append(Port).Select(static port => ":" + port.ToString("X4", CultureInfo.InvariantCulture)).ToArray();
        // A closed one has no process: its inode is 0. State 0A listens.
        return File.ReadLines("/proc/net/tcp").Skip(1).Count(line =>
            line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var own, var other, not "0A", _, _, _, _, _, not "0", ..]
            && suffixes.Any(suffix => own.EndsWith(suffix, StringComparison.Ordinal) || other.EndsWith(suffix, StringComparison.Ordinal)));
    }

    /// <summary>Returns the address of a forwarder's socket.</summary>
    private IPEndPoint Forward(params string[] hosts)
    {
        var listener = Listen();
        var address = (IPEndPoint)listener.LocalEndPoint!;
        var descriptor = (int)listener.SafeHandle.DangerousGetHandle();
        ports.Add(address.Port);
        // It belongs to the forwarder.
        listener.SafeHandle.SetHandleAsInvalid();
        forwarders.Add(new(descriptor, HostList.Parse(hosts, out _)!, "test", time, NullLogger.Instance, share));
        return address;
    }

    private static async Task<Socket> AskAsync(IPEndPoint proxy, string text)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy, Cancellation);
        await SendAsync(client, text);
        return client;
    }

    private async Task<Socket> TunnelAsync(IPEndPoint proxy)
    {
        var client = await AskAsync(proxy, Connect);
        Assert.Equal(Established, await ReadAsync(client, Established.Length));
        return client;
    }

    private static async Task AssertCarriesAsync(Socket tunnel)
    {
        await SendAsync(tunnel, "ping");
        Assert.Equal("ping", await ReadAsync(tunnel, 4));
    }

    private static async Task SendAsync(Socket client, string text)
    {
        if (text.Length > 0) await client.SendAsync(Encoding.ASCII.GetBytes(text), Cancellation);
    }

    private static Task<string> ReadAsync(Socket client) => ReadAsync(client, int.MaxValue);

    /// <summary>Reads so much, or until the other side ends.</summary>
    private static async Task<string> ReadAsync(Socket client, int length)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (text.Length < length)
            {
                var room = buffer.AsMemory(0, Math.Min(buffer.Length, length - text.Length));
                var read = await client.ReceiveAsync(room, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
                if (read == 0) break;
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // A connection that is cut has ended too.
        }

        return text.ToString();
    }

    private static async Task HoldsAsync(Func<bool> ask)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!ask()) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit.Token);
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true) _ = EchoOneAsync(await server.AcceptAsync());
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
        }
    }

    private static async Task EchoOneAsync(Socket client)
    {
        using (client)
        {
            var buffer = new byte[4096];
            try
            {
                while (await client.ReceiveAsync(buffer) is var read and > 0)
                    await client.SendAsync(buffer.AsMemory(0, read));
            }
            catch (SocketException)
            {
            }
        }
    }
}
