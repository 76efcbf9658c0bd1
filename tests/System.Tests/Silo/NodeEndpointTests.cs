using System.Net;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Storage;
using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>What the endpoint of the worker plane promises its callers, well-behaved or not.</summary>
public sealed class NodeEndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(typeof(ArgumentException), StatusCode.InvalidArgument, "said so")]
    [InlineData(typeof(TimeoutException), StatusCode.Unavailable, "cluster")]
    [InlineData(typeof(StoreUnavailableException), StatusCode.Unavailable, "store")]
    [InlineData(typeof(IOException), StatusCode.Unknown, "log says why")]
    public async Task Service_Throws_CallerGetsTheStatusThatItMeans(Type thrown, StatusCode status, string message)
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        rig.Status = (_, _) => Task.FromException<StatusAnswer>((Exception)Activator.CreateInstance(thrown, "said so")!);

        var failure = await Fails(master.ReportStatus(new StatusReport(), Cancellation));

        Assert.Equal(status, failure.StatusCode);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(status == StatusCode.Unknown ? 1 : 0, rig.Errors.Messages.Count);
    }

    [Fact]
    public async Task Service_RefusesAtLength_CallerGetsTheBeginning()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        var reason = "größer als 100 % " + new string('ü', 10_000);
        rig.Status = (_, _) => throw new ArgumentException(reason);

        var failure = await Fails(master.ReportStatus(new StatusReport(), Cancellation));

        Assert.InRange(failure.Message.Length, 500, 1000);
        Assert.StartsWith(failure.Message, reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_ThrowsAfterSomeAnswers_TheyArriveAndThenTheStatus()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        rig.Output = static (messages, _) => UntilSession(messages, 2);
        var seen = 0;

        var failure = await Fails(Task.Run(
            async () =>
            {
                await foreach (var _ in master.WriteOutput(Messages(1000), Cancellation))
                    seen++;
            },
            Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, "two", 2), (failure.StatusCode, failure.Message, seen));
    }

    [Fact]
    public async Task UnknownMethod_IsUnimplemented()
    {
        await using var rig = await EndpointRig.Started();
        Assert.Equal("12", Status(await rig.Post("Missing", [0, 0, 0, 0, 0])));
    }

    [Fact]
    public async Task OtherContentType_Is415()
    {
        await using var rig = await EndpointRig.Started();
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var answer = await http.PostAsync(
            new Uri(rig.Address, NodeServiceMethods.Report.FullName), new StringContent("{}"), Cancellation);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 2, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xff }, "13")]
    [InlineData(new byte[] { 0, 1, 0, 0, 1, 0 }, "8")]
    [InlineData(new byte[] { 0, 0xff, 0xff, 0xff, 0xff, 0 }, "8")]
    public async Task BodyThatIsNotOneMessage_IsRefusedAndNoErrorIsLogged(byte[] body, string status)
    {
        await using var rig = await EndpointRig.Started();

        Assert.Equal(status, Status(await rig.Post("ReportStatus", body)));
        Assert.Equal(status, Status(await rig.Post("AssignTask", body)));
        Assert.Empty(rig.Errors.Messages);
    }

    [Fact]
    public async Task EncodingThatIsNotSpoken_IsUnimplemented()
    {
        await using var rig = await EndpointRig.Started();
        Assert.Equal("12", Status(await rig.Post("ReportStatus", [1, 0, 0, 0, 0], ("grpc-encoding", "gzip"))));
    }

    [Fact]
    public async Task Report_BeyondTheLimit_IsRefusedAsThatAndTheConnectionStays()
    {
        await using var rig = await EndpointRig.Started();
        var connections = 0;
        using var ring = new MasterRing(
            [rig.Address],
            _ =>
            {
                connections++;
                return rig.Connect();
            },
            Microsoft.Extensions.Logging.Abstractions.NullLogger<MasterRing>.Instance);

        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(StatusCode.ResourceExhausted, (await Fails(ring.Report(Large(22_000_000), Cancellation))).StatusCode);
            Assert.True((await ring.Report(Large(1_000), Cancellation)).Settled);
        }

        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task Report_LongerThanTheWindow_IsAnswered()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        var length = 0;
        rig.Progress = (progress, _) =>
        {
            length = progress.Results[0].Report.Length;
            return Task.FromResult(new ProgressAnswer { Settled = true });
        };

        Assert.True((await master.Report(Large(15_000_000), Cancellation)).Settled);
        Assert.Equal(15_000_000, length);
    }

    [Fact]
    public async Task Deadline_Over_BothEndsGiveUp()
    {
        await using var rig = await EndpointRig.Started();
        var (began, given) = (NewSignal(), NewSignal());
        rig.Status = async (_, cancellation) =>
        {
            began.TrySetResult();
            await using var registration = cancellation.Register(() => given.TrySetResult());
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return new StatusAnswer();
        };
        using var channel = new MasterChannel(new MasterChannelOptions { Address = rig.Address });

        // On a busy machine a call may be over before the server hears of it.
        for (var deadline = TimeSpan.FromMilliseconds(100); !began.Task.IsCompleted; deadline *= 2)
        {
            var failure = await Fails(channel.Unary(NodeServiceMethods.ReportStatus, new StatusReport(), deadline, Cancellation));
            Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        }

        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Caller_GivesUpAReportWhoseAnswerNeverComes_EndpointIsRidOfIt()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        using var give = new CancellationTokenSource();
        var asked = NewSignal();
        // It does not listen to the call's end.
        rig.Progress = (_, _) =>
        {
            asked.TrySetResult();
            return new TaskCompletionSource<ProgressAnswer>().Task;
        };
        var call = master.Report(new Progress(), give.Token);
        await asked.Task.WaitAsync(Patience, Cancellation);

        await give.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience, Cancellation));
        await rig.Stop().WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Caller_GivesUpCommands_ServiceIsCancelled()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        using var give = new CancellationTokenSource();
        var (began, given) = (NewSignal(), NewSignal());
        rig.Assign = (_, cancellation) => Silent(cancellation, began, given);
        var next = master.AssignTask(new AssignRequest(), give.Token).GetAsyncEnumerator(give.Token).MoveNextAsync().AsTask();
        await began.Task.WaitAsync(Patience, Cancellation);

        await give.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Patience));
        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Caller_ClosesItsConnection_CallsEndAndServiceIsCancelled()
    {
        await using var rig = await EndpointRig.Started();
        var master = rig.Connect();
        var (began, given) = (NewSignal(), NewSignal());
        rig.Assign = (_, cancellation) => Silent(cancellation, began, given);
        var next = master.AssignTask(new AssignRequest(), Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync().AsTask();
        await began.Task.WaitAsync(Patience, Cancellation);

        master.Dispose();

        await Fails(next);
        await given.Task.WaitAsync(Patience, Cancellation);
        Assert.Empty(rig.Errors.Messages);
    }

    [Fact]
    public async Task Endpoint_Stops_StreamsEndAsUnavailable()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        var (began, given) = (NewSignal(), NewSignal());
        rig.Assign = (_, cancellation) => Silent(cancellation, began, given);
        var next = master.AssignTask(new AssignRequest(), Cancellation).GetAsyncEnumerator(Cancellation).MoveNextAsync().AsTask();
        var output = master.WriteOutput(Endless(Cancellation), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await output.MoveNextAsync());
        var answer = Fails(Drain(output));
        await began.Task.WaitAsync(Patience, Cancellation);

        await rig.Stop();

        Assert.Equal(StatusCode.Unavailable, (await Fails(next)).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await answer).StatusCode);
    }

    [Fact]
    public async Task Output_ArrivesBeforeAnyIsAnsweredAndAnswersKeepTheirOrder()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        var all = NewSignal();
        rig.Output = (messages, _) => AfterAll(messages, all);

        var answers = await master.WriteAll([.. Enumerable.Range(0, 20).Select(static n => new OutputChunks { Session = n })]);

        Assert.True(all.Task.IsCompletedSuccessfully);
        Assert.Equal(Enumerable.Range(0, 20).Select(static n => n % 2 == 0), answers.Select(static answer => answer.Stored));
    }

    [Fact]
    public async Task Output_NobodyReadsIt_WaitsAtTheCaller()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        rig.Output = static (_, cancellation) => Nothing(cancellation);
        using var give = new CancellationTokenSource();
        var taken = 0;
        var window = NewSignal();

        var call = Drain(master.WriteOutput(Counted(), give.Token).GetAsyncEnumerator(give.Token));

        // Of 100 KB each: what the server's window takes, which is about two megabytes, and then no more.
        await window.Task.WaitAsync(Patience, Cancellation);
        // While so much goes back and forth on the same connection, one that reads would have had more.
        for (var i = 0; i < 100; i++)
            await master.ReportStatus(new StatusReport(), Cancellation).WaitAsync(Patience, Cancellation);
        Assert.InRange(Volatile.Read(ref taken), 18, 28);
        await give.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience));

        async IAsyncEnumerable<OutputChunks> Counted()
        {
            while (true)
            {
                if (Interlocked.Increment(ref taken) == 18)
                    window.SetResult();
                await Task.Yield();
                yield return new OutputChunks { Chunks = { new OutputChunk { Data = ByteString.CopyFrom(new byte[100_000]) } } };
            }
        }
    }

    [Fact]
    public async Task Output_MessagesThrow_CallerGetsThatAndTheServiceIsCancelled()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        var (began, given) = (NewSignal(), NewSignal());
        rig.Output = (messages, _) => TellWhenGone(messages, began, given);

        var failure = await Assert.ThrowsAsync<TimeZoneNotFoundException>(
            () => Drain(master.WriteOutput(Broken(began.Task), Cancellation).GetAsyncEnumerator(Cancellation)).WaitAsync(Patience));

        Assert.Equal("mine", failure.Message);
        await given.Task.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Output_CallerStopsReading_ServiceIsCancelled()
    {
        await using var rig = await EndpointRig.Started();
        using var master = rig.Connect();
        var (began, given) = (NewSignal(), NewSignal());
        rig.Output = (messages, _) => TellWhenGone(messages, began, given);

        await foreach (var _ in master.WriteOutput(Endless(Cancellation), Cancellation))
            break;

        await given.Task.WaitAsync(Patience, Cancellation);
    }

    private static string? Status(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("grpc-status", out var values) || answer.TrailingHeaders.TryGetValues("grpc-status", out values)
            ? values.Single() : null;

    private static Task<RpcException> Fails(Task call) => Assert.ThrowsAsync<RpcException>(() => call.WaitAsync(Patience, Cancellation));

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Progress Large(int size) =>
        new() { Results = { new Result { Report = UnsafeByteOperations.UnsafeWrap(new byte[size]) } } };

    private static IAsyncEnumerable<OutputChunks> Messages(int count) =>
        AsyncEnumerable.Range(0, count).Select(static n => new OutputChunks { Session = n });

    private static async Task Drain(IAsyncEnumerator<OutputAnswer> answers)
    {
        await using (answers)
            while (await answers.MoveNextAsync())
            {
                // Until it ends.
            }
    }

    private static async IAsyncEnumerable<OutputAnswer> UntilSession(IAsyncEnumerable<OutputChunks> messages, long session)
    {
        await foreach (var message in messages)
            yield return message.Session == session ? throw new ArgumentException("two") : new OutputAnswer { Stored = true };
    }

    private static async IAsyncEnumerable<OutputAnswer> AfterAll(IAsyncEnumerable<OutputChunks> messages, TaskCompletionSource all)
    {
        var sessions = new List<long>();
        await foreach (var message in messages)
            sessions.Add(message.Session);
        all.SetResult();
        foreach (var session in sessions)
            yield return new OutputAnswer { Stored = session % 2 == 0 };
    }

    private static async IAsyncEnumerable<OutputAnswer> TellWhenGone(
        IAsyncEnumerable<OutputChunks> messages, TaskCompletionSource began, TaskCompletionSource given)
    {
        try
        {
            began.SetResult();
            await foreach (var _ in messages)
                yield return new OutputAnswer { Stored = true };
        }
        finally
        {
            given.SetResult();
        }
    }

    private static async IAsyncEnumerable<OutputAnswer> Nothing([EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        yield break;
    }

    private static async IAsyncEnumerable<OutputChunks> Endless([EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return new OutputChunks();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
    }

    private static async IAsyncEnumerable<OutputChunks> Broken(Task began)
    {
        yield return new OutputChunks();
        await began;
        throw new TimeZoneNotFoundException("mine");
    }

    private static async IAsyncEnumerable<Commands> Silent(
        [EnumeratorCancellation] CancellationToken cancellation, TaskCompletionSource began, TaskCompletionSource given)
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
