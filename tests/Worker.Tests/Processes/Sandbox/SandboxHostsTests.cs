using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Forwarding;

namespace OrleansTasks.Worker.Tests.Processes.Sandbox;

/// <summary>
/// Commands in a sandbox that reach listed hosts: real clients, a real server, and what is between them.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class SandboxHostsTests(SandboxFixture fixture) : IClassFixture<SandboxFixture>
{
    // Prints the status of each answer; what the client says comes too.
    private const string Get = "curl -sS -o /dev/null -w '%{http_code}\n' --max-time 60";

    [Fact]
    public async Task Get_AListedHost_IsAnswered()
    {
        fixture.SkipUnlessProven();
        using var server = new OneAnswerServer();

        var outcome = await RunAsync(
            $"curl -sS http://127.0.0.1:{server.Port}/path; curl -sS http://localhost:{server.Port}/", server.Port);

        Assert.Equal("hellohello", Told(outcome));
        Assert.StartsWith(
            $"GET /path HTTP/1.1\r\nhost: 127.0.0.1:{server.Port}\r\n", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tunnel_ToAListedHost_CarriesAnything()
    {
        fixture.SkipUnlessProven();
        using var server = new OneAnswerServer();

        var outcome = await RunAsync($"curl -sS --proxytunnel http://127.0.0.1:{server.Port}/tunnelled", server.Port);

        Assert.Equal("hello", Told(outcome));
        Assert.StartsWith("GET /tunnelled HTTP/1.1\r\nHost: 127.0.0.1", server.Requests[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_WithABody_ArrivesWhole()
    {
        fixture.SkipUnlessProven();
        using var server = new OneAnswerServer();

        var outcome = await RunAsync(
            $"head -c 300000 /dev/zero | tr '\\0' x >body; curl -sS --data-binary @body http://127.0.0.1:{server.Port}/",
            server.Port);

        Assert.Equal("hello", Told(outcome));
        Assert.Equal(300_000, server.Requests[0].Split("\r\n\r\n")[1].Length);
    }

    [Fact]
    public async Task Reach_WhatIsNotListed_IsRefusedAndSaysWhatIs()
    {
        fixture.SkipUnlessProven();
        using var listed = new OneAnswerServer();
        using var other = new OneAnswerServer();

        var outcome = await RunAsync(
            $"{Get} http://127.0.0.1:{other.Port}/; "
                + $"{Get} -H 'Host: 127.0.0.1:{listed.Port}' http://127.0.0.1:{other.Port}/; "
                + $"{Get} http://127.0.0.2:{listed.Port}/; {Get} http://[::2]:{listed.Port}/; "
                + $"{Get} http://example.org/; curl -sS http://127.0.0.1:{other.Port}/; "
                + $"curl -sS --proxytunnel http://127.0.0.1:{other.Port}/", listed.Port);

        var lines = Told(outcome).Split('\n');
        Assert.Equal(["403", "403", "403", "403", "403"], lines[..5]);
        Assert.Equal($"127.0.0.1:{other.Port} is not among the hosts that isolation.allow lists", lines[5]);
        Assert.Equal($"isolation.allow lists: 127.0.0.1:{listed.Port}, localhost:{listed.Port}", lines[6]);
        Assert.Contains("403", HostFixture.Text(outcome.StandardError), StringComparison.Ordinal);
        Assert.Empty(other.Requests);
        Assert.Empty(listed.Requests);
    }

    [Fact]
    public async Task Reach_WithoutTheProxy_FailsAtOnce()
    {
        fixture.SkipUnlessProven();
        using var server = new OneAnswerServer();

        var outcome = await RunAsync(
            $"curl -sS --noproxy '*' http://127.0.0.1:{server.Port}/ || echo failed", server.Port);

        Assert.Equal("failed\n", Told(outcome));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Send_MoreThanOneRequest_TheSecondGoesNowhere()
    {
        fixture.SkipUnlessProven();
        using var listed = new OneAnswerServer();
        using var other = new OneAnswerServer();
        var script = $$"""
            sub ask {
              my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => {{Forwarder.Port}}) or die;
              print $s $_[0]; $s->flush; local $/; <$s> // "" }
            my $first = "POST http://127.0.0.1:{{listed.Port}}/ HTTP/1.1\r\nContent-Length: 1\r\n\r\nx";
            my $second = "GET http://127.0.0.1:{{other.Port}}/ HTTP/1.1\r\n\r\n";
            my $chunked = "POST http://127.0.0.1:{{listed.Port}}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
            print ask($first . $second) =~ m{^HTTP/1.1 400} ? "refused\n" : "served\n";
            print ask($chunked . $second) =~ m{^HTTP/1.1 411} ? "refused\n" : "served\n";
            """;

        var outcome = await RunAsync($"cat >ask.pl <<'END'\n{script}\nEND\nperl -MIO::Socket::INET ask.pl", listed.Port);

        Assert.Equal("refused\nrefused\n", Told(outcome));
        Assert.Empty(listed.Requests.Concat(other.Requests));
    }

    [Fact]
    public async Task Reach_APortThatNobodyServes_IsToldAsThat()
    {
        fixture.SkipUnlessProven();
        int port;
        using (var server = new OneAnswerServer()) port = server.Port;

        var outcome = await RunAsync(
            $"curl -s http://127.0.0.1:{port}/; {Get} http://no-such-host.invalid:80/", port, "no-such-host.invalid:80");

        Assert.StartsWith(
            $"cannot connect to 127.0.0.1:{port}: ConnectionRefused\n", Told(outcome), StringComparison.Ordinal);
        Assert.EndsWith("\n502\n", Told(outcome), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_MoreThanTheMostAtOnce_OthersWaitAndThenAreServed()
    {
        fixture.SkipUnlessProven();
        using var server = new OneAnswerServer();
        // Each holds its connection until all that may be open are; the last one is served when the first one ends.
        var script = $$"""
            sub tunnel {
              my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => {{Forwarder.Port}}) or die;
              print $s "CONNECT 127.0.0.1:{{server.Port}} HTTP/1.1\r\n\r\n"; $s->flush; $s }
            my @held = map { my $s = tunnel(); <$s> =~ / 200 / or die; $s } 1..{{Forwarder.MostConnections}};
            my $last = tunnel();
            print IO::Select->new($last)->can_read(0.5) ? "too many\n" : "waits\n";
            close shift @held;
            print <$last> =~ / 200 / ? "served\n" : "not served\n";
            """;

        var outcome = await RunAsync(
            $"cat >ask.pl <<'END'\n{script}\nEND\nperl -MIO::Socket::INET -MIO::Select ask.pl", server.Port);

        Assert.Equal("waits\nserved\n", Told(outcome));
    }

    [Fact]
    public async Task Cancel_ACommandWithAnOpenTunnel_EndsTheTunnel()
    {
        fixture.SkipUnlessProven();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var process = fixture.Host.Start(
            Request($"trap '' TERM; curl -sS --proxytunnel http://127.0.0.1:{port}/; exit 1", port));
        using var arrived = await listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        process.KillNow();
        var outcome = await process.Completion.WaitAsync(
            TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Equal(ProcessEndReason.Killed, outcome.Reason);
        var buffer = new byte[4096];
        var end = false;
        try
        {
            while (!end) end = await arrived.ReceiveAsync(buffer, TestContext.Current.CancellationToken) == 0;
        }
        catch (SocketException)
        {
            end = true;
        }
        Assert.True(end);
        Assert.DoesNotContain(Directory.EnumerateFiles("/proc/self/fd"), static file => IsListenerOfSandbox(file));
    }

    [Fact]
    public async Task Command_InASandboxWithHosts_HasNoDescriptorOfTheListener()
    {
        fixture.SkipUnlessProven();

        var outcome = await RunAsync("ls -l /proc/self/fd /proc/1/fd 2>/dev/null | grep -c socket; echo $HTTPS_PROXY $no_proxy", 1);
        var without = await fixture.RunAsync("echo $HTTP_PROXY$https_proxy$ALL_PROXY$NO_PROXY");

        Assert.Equal($"0\nhttp://127.0.0.1:{Forwarder.Port} ::1\n", Told(outcome));
        Assert.Equal("\n", Told(without));
    }

    private static bool IsListenerOfSandbox(string file)
    {
        try
        {
            if (new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) != true) return false;
            // Not owned: the number belongs to the process.
            var number = int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture);
            using var handle = new SafeSocketHandle(number, ownsHandle: false);
            using var socket = new Socket(handle);
            return socket.LocalEndPoint is IPEndPoint { Port: Forwarder.Port };
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Told(ProcessOutcome outcome)
    {
        Assert.True(outcome.Reason == ProcessEndReason.Exit, $"{outcome.Reason}: {outcome.Message}");
        return HostFixture.Text(outcome.StandardOutput);
    }

    private StartRequest Request(string line, int port, params string[] others) =>
        fixture.Sandboxed(line) with { Sandbox = new() { Allow = [$"127.0.0.1:{port}", $"localhost:{port}", .. others] } };

    private Task<ProcessOutcome> RunAsync(string line, int port, params string[] others) =>
        fixture.RunAsync(Request(line, port, others));

    /// <summary>An HTTP server on loopback that answers each request with hello, and keeps what it got.</summary>
    private sealed class OneAnswerServer : IDisposable
    {
        private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public OneAnswerServer()
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

        public List<string> Requests { get; } = [];

        public void Dispose() => listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true) _ = AnswerAsync(await listener.AcceptAsync());
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
            }
        }

        private async Task AnswerAsync(Socket client)
        {
            using (client)
            {
                var text = new StringBuilder();
                var buffer = new byte[65536];
                while (!IsWhole(text.ToString()))
                {
                    var read = await client.ReceiveAsync(buffer);
                    if (read == 0) return;
                    text.Append(Encoding.Latin1.GetString(buffer, 0, read));
                }

                lock (Requests) Requests.Add(text.ToString());
                await client.SendAsync(
                    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"u8.ToArray());
            }
        }

        private static bool IsWhole(string text)
        {
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0) return false;
            const string Length = "content-length: ";
            var at = text.IndexOf(Length, StringComparison.OrdinalIgnoreCase);
            if (at < 0) return true;
            var length = int.Parse(text[(at + Length.Length)..].Split('\r')[0], CultureInfo.InvariantCulture);
            return text.Length >= end + 4 + length;
        }
    }
}
