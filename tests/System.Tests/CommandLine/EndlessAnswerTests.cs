using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using OrleansTasks.ApiClient.Transport;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>Answers without an end, and others that no gateway sends: otask keeps little of them and says what is wrong.</summary>
public sealed class EndlessAnswerTests
{
    private static readonly byte[] Piece = new byte[1 << 20];

    [Theory]
    [InlineData("200 OK")]
    [InlineData("500 Internal Server Error")]
    public async Task BodyWithoutAnEnd_IsRefused(string status)
    {
        var ended = await Ask($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n", isEndless: true, "list");

        Assert.True(ended.ExitCode == 1, ended.ToString());
        Assert.Contains("has more than 64 MiB", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusLineWithControlCharacters_IsShownWithout()
    {
        var ended = await Ask("HTTP/1.1 \u001b]0;owned\u0007 \u001b[2J\r\n\r\n", isEndless: false, "list");

        Assert.True(ended.ExitCode == 3, ended.ToString());
        Assert.DoesNotContain(ended.Errors, static character => char.IsControl(character) && character != '\n');
    }

    [Fact]
    public async Task RedirectToNoAddress_IsNoDefectOfOtask()
    {
        var ended = await Ask("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", isEndless: false, "list");

        Assert.True(ended.ExitCode == 3, ended.ToString());
        Assert.Contains("redirects", ended.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data: ")]
    [InlineData("data: a\n", true)]
    [InlineData("data: a\r\n", true)]
    public async Task EventWithoutAnEnd_EndsTheStream(string start, bool isRepeated = false)
    {
        await using var stream = new EventBytes(new Endless(start, isRepeated));

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var _ in SseParser.Create(stream).EnumerateAsync(TestContext.Current.CancellationToken))
                Assert.Fail("The event has no end.");
        });
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public async Task EventsOfAnyNumber_AreRead(string line)
    {
        var data = new string('a', 1000);
        await using var stream = new EventBytes(new Endless($"data: {data}{line}{line}", isRepeated: true));
        var left = (EventBytes.Largest / data.Length) + 1000;

        await foreach (var item in SseParser.Create(stream).EnumerateAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(data, item.Data);
            if (--left == 0)
                break;
        }
    }

    private static async Task<Finished> Ask(string answer, bool isEndless, params string[] command)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = Serve();
        var ended = await Otask.Run([.. command, "--url", $"http://{listener.LocalEndpoint}"]);
        listener.Stop();
        await serving;
        return ended;

        async Task Serve()
        {
            try
            {
                while (true)
                {
                    using var peer = await listener.AcceptSocketAsync();
                    await peer.ReceiveAsync(new byte[4096]);
                    await peer.SendAsync(Encoding.Latin1.GetBytes(answer));
                    while (isEndless)
                        await peer.SendAsync(Piece);
                }
            }
            catch (Exception gone) when (gone is SocketException or InvalidOperationException)
            {
                // otask has hung up, or the listener was stopped while it waited for a caller or just before.
            }
        }
    }

    /// <summary>A text, and then the same again, or one character of it, without an end.</summary>
    private sealed class Endless(string start, bool isRepeated) : MemoryStream
    {
        private readonly byte[] text = Encoding.UTF8.GetBytes(start);
        private long at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < buffer.Length; i++, at++)
                buffer.Span[i] = isRepeated || at < text.Length ? text[at % text.Length] : (byte)'a';
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
