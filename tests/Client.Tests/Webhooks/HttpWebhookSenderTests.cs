using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Silo.Webhooks;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Client.Tests.Webhooks;

/// <summary>The sender against real sockets.</summary>
public sealed class HttpWebhookSenderTests : IAsyncLifetime
{
    private WebhookReceiver target = null!;

    public async ValueTask InitializeAsync() => target = await WebhookReceiver.Start();

    public ValueTask DisposeAsync() => target.DisposeAsync();

    [Fact]
    public async Task Send_IsAPostWithTheHeadersAndTheBody()
    {
        target.Answer = static (_, context) => context.Response.WriteAsync("fine");

        var answer = await Send(Open());

        Assert.Equal(new WebhookAnswer(200, "fine"), answer);
        var received = Assert.Single(target.All);
        Assert.Equal(("/hook", "m1", "17", "v1,x", "application/json", "{}"),
            (received.Path, received.Id, received.Timestamp, received.Signature, received.ContentType, received.Body));
    }

    [Fact]
    public async Task Send_ToARedirect_DoesNotFollowIt()
    {
        target.Answer = (_, context) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = target.Url + "/elsewhere";
            return Task.CompletedTask;
        };

        var answer = await Send(Open());

        Assert.Equal(307, answer.Status);
        Assert.False(answer.IsAccepted);
        Assert.Single(target.All);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("-1", null)]
    [InlineData("soon", null)]
    [InlineData(null, null)]
    public async Task Send_RetryAfter_IsInTheAnswer(string? header, int? seconds)
    {
        target.Answer = (_, context) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = header;
            return Task.CompletedTask;
        };

        var answer = await Send(Open());

        Assert.Equal((429, seconds), (answer.Status, (int?)answer.RetryAfter?.TotalSeconds));
    }

    [Fact]
    public async Task Send_ToAnEndlessAnswer_KeepsItsBeginning()
    {
        target.Answer = static async (_, context) =>
        {
            var block = new byte[64 * 1024];
            Array.Fill(block, (byte)'x');
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block);
        };

        var answer = await Eventually.Within(Send(Open()));

        Assert.Equal((200, new string('x', WebhookAnswer.MostBytes)), (answer.Status, answer.Text));
    }

    [Fact]
    public async Task Send_ToATargetThatNeverAnswers_EndsWithTheCancellation()
    {
        var asked = new TaskCompletionSource();
        target.Answer = (_, context) =>
        {
            asked.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };
        using var ends = new CancellationTokenSource();

        var sending = Send(Open(), cancellation: ends.Token);
        await asked.Task;
        ends.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task Send_ToAnAnswerWithoutItsBody_EndsWithTheCancellation_AndHasTheStatus()
    {
        target.Answer = static async (_, context) =>
        {
            context.Response.ContentLength = 1;
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        };
        var clock = new StandingClock();
        using var sender = new HttpWebhookSender(new TargetRule([], allowsAll: true), time: clock);
        using var ends = new CancellationTokenSource();

        var sending = Send(sender, cancellation: ends.Token);
        await Eventually.Within(clock.BodyIsWaitedFor.Task);
        ends.Cancel();

        Assert.Equal(new WebhookAnswer(200, null), await Eventually.Within(sending));
    }

    [Fact]
    public async Task Send_WithTlsToATargetWithout_SaysSo()
    {
        var answer = await Send(Open(), target.Url.Replace("http:", "https:", StringComparison.Ordinal));

        Assert.Null(answer.Status);
        Assert.NotEmpty(answer.Text!);
        Assert.Empty(target.All);
    }

    [Fact]
    public async Task Send_ToAPortThatNobodyHas_SaysSo()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var answer = await Send(Open(), $"http://127.0.0.1:{((IPEndPoint)socket.LocalEndPoint!).Port}/");

        Assert.Null(answer.Status);
        Assert.StartsWith("No connection", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_ToANameOfAPrivateAddress_ConnectsToNothing()
    {
        using var sender = Guarded(IPAddress.Loopback);

        var answer = await Send(sender, NamedUrl());

        Assert.Null(answer.Status);
        Assert.Contains("--webhook-allow", answer.Text, StringComparison.Ordinal);
        Assert.Empty(target.All);
    }

    [Fact]
    public async Task Send_ToANameWithAnAllowedAndARefusedAddress_ConnectsToNothing()
    {
        using var sender = new HttpWebhookSender(
            new TargetRule([IPNetwork.Parse("127.0.0.2/32")], allowsAll: false),
            static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]));

        Assert.Contains("--webhook-allow", (await Send(sender, NamedUrl())).Text, StringComparison.Ordinal);
        Assert.Empty(target.All);
    }

    /// <summary>A name that leads to another address at each look: what was checked is what is connected to.</summary>
    [Fact]
    public async Task Send_ToANameThatChanges_IsLookedUpOnceForAConnection()
    {
        var looks = 0;
        using var sender = new HttpWebhookSender(
            new TargetRule([IPNetwork.Parse("127.0.0.1/32")], allowsAll: false),
            (_, _) => Task.FromResult<IPAddress[]>([++looks == 1 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2")]));
        target.Answer = static (_, context) =>
        {
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        };

        Assert.Equal(200, (await Send(sender, NamedUrl())).Status);
        Assert.Equal(1, looks);
        var second = await Send(sender, NamedUrl());

        Assert.Null(second.Status);
        Assert.Contains("127.0.0.2", second.Text, StringComparison.Ordinal);
        Assert.Single(target.All);
    }

    [Theory]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    public async Task Send_ToAnAddressInDisguise_ConnectsToNothing(string host)
    {
        using var sender = new HttpWebhookSender(new TargetRule([], allowsAll: false));

        var answer = await Send(sender, $"http://{host}:{new Uri(target.Url).Port}/");

        Assert.Null(answer.Status);
        Assert.Contains("--webhook-allow", answer.Text, StringComparison.Ordinal);
        Assert.Empty(target.All);
    }

    /// <summary>A clock whose timers never fire.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public TaskCompletionSource<bool> BodyIsWaitedFor { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == TimeSpan.FromSeconds(2))
                BodyIsWaitedFor.SetResult(true);
            return base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A connection that the receiver keeps until the next request, and breaks then, as one that closes a moment later.</summary>
    [Theory]
    [InlineData("HTTP/1.0")]
    [InlineData("HTTP/1.1")]
    public async Task Send_OnAKeptConnectionThatBreaks_IsSentAgainAtOnce(string version)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var ends = new CancellationTokenSource();
        var connections = 0;
        var serving = Serve();
        using var sender = Open();

        for (var i = 0; i < 10; i++)
            Assert.Equal(new WebhookAnswer(200, null), await Eventually.Within(Send(sender, $"http://{listener.LocalEndpoint}/hook")));

        // One for each delivery; of those by HTTP/1.1 every second one was tried on a kept connection before.
        Assert.Equal(10, connections);
        await ends.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving);

        async Task Serve()
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(ends.Token);
                connections++;
                _ = Answer(client);
            }
        }

        async Task Answer(TcpClient client)
        {
            using (client)
            {
                var stream = client.GetStream();
                await ReadRequest(stream);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{version} 200 OK\r\nContent-Length: 0\r\n\r\n"), ends.Token);
                // The next request, or the end.
                await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, ends.Token);
            }
        }

        async Task ReadRequest(NetworkStream stream)
        {
            var read = new byte[4096];
            for (var text = ""; !text.EndsWith("\r\n\r\n{}", StringComparison.Ordinal);)
                text += Encoding.ASCII.GetString(read, 0, await stream.ReadAsync(read, ends.Token));
        }
    }

    private static HttpWebhookSender Open() => new(new TargetRule([], allowsAll: true));

    private static HttpWebhookSender Guarded(params IPAddress[] addresses) =>
        new(new TargetRule([], allowsAll: false), (_, _) => Task.FromResult(addresses));

    private string NamedUrl() => $"http://target.example:{new Uri(target.Url).Port}/hook";

    private Task<WebhookAnswer> Send(IWebhookSender sender, string? url = null, CancellationToken cancellation = default) => sender.Send(
        new WebhookRequest(new Uri(url ?? target.Url + "/hook"), "m1", 17, "v1,x", Encoding.UTF8.GetBytes("{}")), cancellation);
}
