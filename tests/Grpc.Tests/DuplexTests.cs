using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace OrleansTasks.Grpc.Tests;

/// <summary>Messages and answers on one stream, neither of which waits for the other.</summary>
public sealed class DuplexTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_ArriveBeforeAnyIsAnsweredAndAnswersKeepTheirOrder()
    {
        await using var echo = await Echo.Start();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        echo.Duplex = (requests, _) => AfterAll(requests, all);

        var answers = await All(echo.Channel.Exchange(Echo.Both, Messages(20), Cancellation));

        Assert.True(all.Task.IsCompletedSuccessfully);
        Assert.Equal(Enumerable.Range(0, 20).Select(static n => $"{n}"), answers);
    }

    [Fact]
    public async Task ServerReadsNothing_MessagesWaitAtTheCaller()
    {
        await using var echo = await Echo.Start();
        var read = Channel.CreateUnbounded<int>();
        echo.Duplex = static (_, call) => Nothing(call.Cancellation);
        using var give = new CancellationTokenSource();

        var call = All(echo.Channel.Exchange(Echo.Both, Large(read.Writer), give.Token));

        // Of 100 KB each: what the server's window takes, which is about two megabytes, and then no more.
        for (var i = 0; i < 18; i++)
            await read.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation);
        // While so much goes back and forth on the same connection, one that reads would have had more.
        for (var i = 0; i < 100; i++)
            await echo.Channel.Unary(Echo.Say, Text($"{i}"), null, Cancellation).WaitAsync(Patience, Cancellation);
        Assert.InRange(read.Reader.Count, 0, 10);
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience));
    }

    [Fact]
    public async Task LongMessage_IsReadInPlaceFromFewPiecesOfMemory()
    {
        var pieces = new TaskCompletionSource<int>();
        var sentInParts = 0;
        var method = Echo.Both with
        {
            ReadInPlace = message =>
            {
                var count = 0;
                foreach (var _ in message)
                    count++;
                pieces.TrySetResult(count);
                return null;
            },
            Parts = message =>
            {
                sentInParts++;
                return [message.ToByteArray().AsMemory(0, 7), message.ToByteArray().AsMemory(7)];
            },
        };
        await using var echo = await Echo.Start(both: method);
        var text = new string('x', 1_000_000);

        var answers = await All(echo.Channel.Exchange(method, new[] { Text(text) }.ToAsyncEnumerable(), Cancellation));

        Assert.Equal([text], answers);
        Assert.Equal(1, sentInParts);
        // A frame of 16 KiB each at most; in blocks of 4 KiB they would be 245.
        Assert.InRange(await pieces.Task, 15, 80);
    }

    [Fact]
    public async Task HandlerThrowsInTheMiddle_AnswersBeforeArriveAndThenTheStatus()
    {
        await using var echo = await Echo.Start();
        echo.Duplex = static (requests, _) => UntilTwo(requests);
        var seen = new List<string>();

        var failure = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            await foreach (var answer in echo.Channel.Exchange(Echo.Both, Messages(1000), Cancellation))
                seen.Add(answer.Value);
        });

        Assert.Equal((GrpcStatus.InvalidArgument, "two"), (failure.Status, failure.Message));
        Assert.Equal(["0", "1"], seen);
    }

    [Fact]
    public async Task MessagesThrow_CallerGetsThatAndTheHandlerEnds()
    {
        await using var echo = await Echo.Start();
        var given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        echo.Duplex = (requests, call) =>
        {
            began.SetResult();
            return TellWhenGone(requests, given, call.Cancellation);
        };

        var failure = await Assert.ThrowsAsync<TimeZoneNotFoundException>(
            () => All(echo.Channel.Exchange(Echo.Both, Broken(began.Task), Cancellation)).WaitAsync(Patience));

        Assert.Equal("mine", failure.Message);
        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task CallerStopsReading_HandlerEnds()
    {
        await using var echo = await Echo.Start();
        var given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        echo.Duplex = (requests, call) => TellWhenGone(requests, given, call.Cancellation);

        await foreach (var answer in echo.Channel.Exchange(Echo.Both, Endless(Cancellation), Cancellation))
            if (answer.Value == "3")
                break;

        await given.Task.WaitAsync(Patience, Cancellation);
    }

    private static StringValue Text(string text) => new() { Value = text };

    private static IAsyncEnumerable<StringValue> Messages(int count) =>
        AsyncEnumerable.Range(0, count).Select(static n => Text($"{n}"));

    private static async Task<List<string>> All(IAsyncEnumerable<StringValue> answers)
    {
        var all = new List<string>();
        await foreach (var answer in answers)
            all.Add(answer.Value);
        return all;
    }

    private static async IAsyncEnumerable<StringValue> AfterAll(IAsyncEnumerable<StringValue> requests, TaskCompletionSource all)
    {
        var waiting = new List<StringValue>();
        await foreach (var request in requests)
            waiting.Add(request);
        all.SetResult();
        foreach (var request in waiting)
            yield return request;
    }

    private static async IAsyncEnumerable<StringValue> UntilTwo(IAsyncEnumerable<StringValue> requests)
    {
        await foreach (var request in requests)
            yield return request.Value == "2" ? throw new ArgumentException("two") : request;
    }

    private static async IAsyncEnumerable<StringValue> Nothing([EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        yield break;
    }

    private static async IAsyncEnumerable<StringValue> TellWhenGone(
        IAsyncEnumerable<StringValue> requests, TaskCompletionSource given, [EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            await foreach (var request in requests.WithCancellation(cancellation))
                yield return request;
        }
        finally
        {
            given.SetResult();
        }
    }

    private static async IAsyncEnumerable<StringValue> Large(ChannelWriter<int> read)
    {
        for (var i = 0; ; i++)
        {
            await read.WriteAsync(i);
            yield return Text(new string('x', 100_000));
        }
    }

    private static async IAsyncEnumerable<StringValue> Endless([EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var i = 0; i < 10; i++)
            yield return Text($"{i}");
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
    }

    private static async IAsyncEnumerable<StringValue> Broken(Task began)
    {
        yield return Text("0");
        await began;
        throw new TimeZoneNotFoundException("mine");
    }
}
