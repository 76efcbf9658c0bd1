using System.Net;
using System.Net.Sockets;
using Google.Protobuf.WellKnownTypes;
using OrleansTasks.Grpc.Client;

namespace OrleansTasks.Grpc.Tests;

public sealed class CallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static StringValue Text(string text) => new() { Value = text };

    private static Task<GrpcException> Fails(Task call) => Assert.ThrowsAsync<GrpcException>(() => call.WaitAsync(Patience));

    [Fact]
    public async Task Unary_IsAnswered()
    {
        await using var echo = await Echo.Start();
        Assert.Equal("hello!", (await echo.Channel.Unary(Echo.Say, Text("hello"), Patience, Cancellation)).Value);
    }

    [Fact]
    public async Task Unary_LongerThanTheWindow_IsAnsweredWhole()
    {
        await using var echo = await Echo.Start();
        var text = new string('x', 3_000_000);
        Assert.Equal(text + "!", (await echo.Channel.Unary(Echo.Say, Text(text), Patience, Cancellation)).Value);
    }

    [Fact]
    public async Task Unary_Metadata_ReachesTheHandler()
    {
        await using var echo = await Echo.Start();
        echo.Unary = (_, call) => Task.FromResult(Text($"{call.Metadata("echo-token")} {call.Metadata("none")} {call.Peer}"));
        Assert.Equal("secret  127.0.0.1", (await echo.Channel.Unary(Echo.Say, Text(""), null, Cancellation)).Value);
    }

    [Fact]
    public async Task ServerStream_GivesEveryMessageInOrder()
    {
        await using var echo = await Echo.Start();
        var seen = new List<string>();
        await foreach (var message in echo.Channel.ServerStream(Echo.Many, Text("m"), Cancellation))
            seen.Add(message.Value);
        Assert.Equal(["m1", "m2", "m3"], seen);
    }

    [Fact]
    public async Task Exchange_EachMessageIsAnsweredBeforeTheNextIsSent()
    {
        await using var echo = await Echo.Start();
        await using var stream = echo.Channel.Stream(Echo.Each, Cancellation);
        for (var i = 0; i < 100; i++)
        {
            await stream.Write(Text($"{i}"), Cancellation);
            Assert.Equal($"{i}!", (await stream.Read(Cancellation))!.Value);
        }

        stream.Complete();
        Assert.Null(await stream.Read(Cancellation));
    }

    [Theory]
    [InlineData(typeof(ArgumentException), GrpcStatus.InvalidArgument, "said so")]
    [InlineData(typeof(TimeZoneNotFoundException), GrpcStatus.NotFound, "mapped")]
    [InlineData(typeof(InvalidOperationException), GrpcStatus.Unknown, "log says why")]
    public async Task Handler_Throws_CallerGetsTheStatusThatItMeans(global::System.Type thrown, GrpcStatus status, string message)
    {
        await using var echo = await Echo.Start();
        echo.Unary = (_, _) => Task.FromException<StringValue>((Exception)Activator.CreateInstance(thrown, "said so")!);
        var failure = await Fails(echo.Channel.Unary(Echo.Say, Text(""), null, Cancellation));
        Assert.Equal(status, failure.Status);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_ThrowsAfterSomeMessages_TheyArriveAndThenTheStatus()
    {
        await using var echo = await Echo.Start();
        echo.Stream = static (_, _) => Broken();
        var seen = new List<string>();
        var failure = await Fails(Task.Run(
            async () =>
            {
                await foreach (var message in echo.Channel.ServerStream(Echo.Many, Text(""), Cancellation))
                    seen.Add(message.Value);
            },
            Cancellation));
        Assert.Equal((GrpcStatus.Aborted, "größer als 100 %"), (failure.Status, failure.Message));
        Assert.Equal(["one"], seen);

        static async IAsyncEnumerable<StringValue> Broken()
        {
            yield return Text("one");
            await Task.Yield();
            throw new GrpcException(GrpcStatus.Aborted, "größer als 100 %");
        }
    }

    [Fact]
    public async Task UnknownMethod_IsUnimplemented()
    {
        await using var echo = await Echo.Start();
        var failure = await Fails(echo.Channel.Unary(Echo.Missing, Text(""), null, Cancellation));
        Assert.Equal(GrpcStatus.Unimplemented, failure.Status);
        Assert.Contains("/test.Echo/Missing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MessageBeyondTheServersLimit_IsRefusedAndTheConnectionGoesOn()
    {
        await using var echo = await Echo.Start(limit: 1000);
        var failure = await Fails(echo.Channel.Unary(Echo.Say, Text(new string('x', 2_000_000)), null, Cancellation));
        Assert.Equal(GrpcStatus.ResourceExhausted, failure.Status);
        Assert.Equal("a!", (await echo.Channel.Unary(Echo.Say, Text("a"), null, Cancellation)).Value);
    }

    [Fact]
    public async Task MessageOfAStreamBeyondTheServersLimit_EndsThatStreamAlone()
    {
        await using var echo = await Echo.Start(limit: 1000);
        await using var other = echo.Channel.Stream(Echo.Each, Cancellation);
        await other.Write(Text("before"), Cancellation);
        Assert.Equal("before!", (await other.Read(Cancellation))!.Value);
        await using var stream = echo.Channel.Stream(Echo.Each, Cancellation);
        // The server stops reading somewhere in the middle; why, its status says.
        await Record.ExceptionAsync(() => stream.Write(Text(new string('x', 20_000_000)), Cancellation).WaitAsync(Patience, Cancellation));
        Assert.Equal(GrpcStatus.ResourceExhausted, (await Fails(stream.Read(Cancellation).AsTask())).Status);
        await other.Write(Text("after"), Cancellation);
        Assert.Equal("after!", (await other.Read(Cancellation))!.Value);
    }

    [Fact]
    public async Task AnswerBeyondTheClientsLimit_IsRefused()
    {
        await using var echo = await Echo.Start();
        using var narrow = echo.NewChannel(limit: 10);
        var failure = await Fails(narrow.Unary(Echo.Say, Text("longer than ten"), null, Cancellation));
        Assert.Equal(GrpcStatus.ResourceExhausted, failure.Status);
    }

    [Fact]
    public async Task Deadline_Over_BothEndsGiveUp()
    {
        await using var echo = await Echo.Start();
        var (began, given) = (NewSignal(), NewSignal());
        echo.Unary = async (_, call) =>
        {
            began.TrySetResult();
            await using var registration = call.Cancellation.Register(() => given.TrySetResult());
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.Cancellation);
            return Text("");
        };
        // On a busy machine a call may be over before the server hears of it.
        for (var deadline = TimeSpan.FromMilliseconds(100); !began.Task.IsCompleted; deadline *= 2)
        {
            var failure = await Fails(echo.Channel.Unary(Echo.Say, Text(""), deadline, Cancellation));
            Assert.Equal(GrpcStatus.DeadlineExceeded, failure.Status);
        }

        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Caller_GivesUpAnExchangeWhoseAnswerNeverComes_ServerIsRidOfIt()
    {
        await using var echo = await Echo.Start();
        using var give = new CancellationTokenSource();
        var asked = NewSignal();
        // It does not listen to the call's end.
        echo.Unary = (_, _) =>
        {
            asked.TrySetResult();
            return new TaskCompletionSource<StringValue>().Task;
        };
        var call = echo.Channel.Exchange(Echo.Each, new[] { Text("") }.ToAsyncEnumerable(), give.Token).GetAsyncEnumerator(give.Token);
        var answer = call.MoveNextAsync().AsTask();
        await asked.Task.WaitAsync(Patience, Cancellation);

        await give.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer.WaitAsync(Patience, Cancellation));
        await call.DisposeAsync();
        await echo.Stop().WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Caller_GivesUp_HandlerIsCancelled()
    {
        await using var echo = await Echo.Start();
        using var give = new CancellationTokenSource();
        var (began, given) = (NewSignal(), NewSignal());
        echo.Stream = (_, call) => Silent(call.Cancellation, began, given);
        var call = Task.Run(
            async () =>
            {
                await foreach (var _ in echo.Channel.ServerStream(Echo.Many, Text(""), give.Token))
                    Assert.Fail("Nothing was sent.");
            },
            Cancellation);

        await began.Task.WaitAsync(Patience, Cancellation);
        await give.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience));
        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Channel_Disposed_CallsUnderWayEndAndTheServerSeesIt()
    {
        await using var echo = await Echo.Start();
        var channel = echo.NewChannel();
        var (began, given) = (NewSignal(), NewSignal());
        echo.Stream = (_, call) => SilentAfterOne(call.Cancellation, began, given);
        var call = channel.ServerStream(Echo.Many, Text(""), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await call.MoveNextAsync());
        var next = call.MoveNextAsync().AsTask();
        await began.Task.WaitAsync(Patience, Cancellation);

        channel.Dispose();

        Assert.Equal(GrpcStatus.Unavailable, (await Fails(next)).Status);
        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Server_Stops_StreamsEndAsUnavailable()
    {
        await using var echo = await Echo.Start();
        var (began, given) = (NewSignal(), NewSignal());
        echo.Stream = (_, call) => Silent(call.Cancellation, began, given);
        var call = echo.Channel.ServerStream(Echo.Many, Text(""), Cancellation).GetAsyncEnumerator(Cancellation);
        var next = call.MoveNextAsync().AsTask();
        await began.Task.WaitAsync(Patience, Cancellation);

        await echo.Stop();

        Assert.Equal(GrpcStatus.Unavailable, (await Fails(next)).Status);
    }

    [Fact]
    public async Task NobodyListens_IsUnavailable()
    {
        var echo = await Echo.Start();
        using var channel = echo.NewChannel();
        await echo.DisposeAsync();
        Assert.Equal(GrpcStatus.Unavailable, (await Fails(channel.Unary(Echo.Say, Text(""), null, Cancellation))).Status);
    }

    [Fact]
    public async Task ListenerSaysNothing_IsUnavailableAndSaysThatNoConnectionWasMade()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var channel = new GrpcChannel(new GrpcChannelOptions
        {
            Address = new Uri($"https://{silent.LocalEndpoint}"), ConnectTimeout = TimeSpan.FromMilliseconds(50),
        });

        var failure = await Fails(channel.Unary(Echo.Say, Text(""), null, Cancellation));

        Assert.Equal((GrpcStatus.Unavailable, "No connection could be made in time."), (failure.Status, failure.Message));
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async IAsyncEnumerable<StringValue> SilentAfterOne(
        [global::System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation, TaskCompletionSource began,
        TaskCompletionSource given)
    {
        yield return Text("one");
        await foreach (var never in Silent(cancellation, began, given))
            yield return never;
    }

    private static async IAsyncEnumerable<StringValue> Silent(
        [global::System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation, TaskCompletionSource began,
        TaskCompletionSource given)
    {
        began.SetResult();
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        }
        finally
        {
            given.SetResult();
        }

        yield break;
    }
}
