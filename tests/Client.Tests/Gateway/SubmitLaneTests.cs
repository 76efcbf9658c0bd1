using System.Reflection;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>In which order a lane sends and answers: callers go on within the lane's work, and never hold up the next batch.</summary>
public sealed class SubmitLaneTests
{
    private readonly List<TaskCompletionSource> calls = [];
    private readonly VirtualTime time = new();
    private readonly ScriptedDispatcher dispatcher;
    private readonly SubmitLane lane;

    public SubmitLaneTests()
    {
        dispatcher = new ScriptedDispatcher("default", new ScriptedReader());
        dispatcher.OnSubmit = async requests =>
        {
            var call = new TaskCompletionSource();
            calls.Add(call);
            await call.Task.ConfigureAwait(false);
            return [.. requests.Select(static _ => SubmitReply.Accepted)];
        };
        lane = new SubmitLane(dispatcher, new ScriptedLink(time), time, NullLogger.Instance);
    }

    [Fact]
    public void Submit_WithoutAReply_IsRepeatedBeforeItsCallersMustBeAnswered()
    {
        var call = typeof(ITaskDispatcherGrain).GetMethod(nameof(ITaskDispatcherGrain.Submit))!;

        // All calls of a lane may have been lost with a silo. Half of the time must be left for the repetition.
        Assert.InRange(
            call.GetCustomAttribute<ResponseTimeoutAttribute>()!.Timeout!.Value, TimeSpan.FromSeconds(1),
            SubmitLane.AnswerLimit / 2);
    }

    [Fact]
    public async Task Submit_WhileACallIsUnderWay_WaitsAndGoesTogether()
    {
        await OnThePool(() =>
        {
            Submit(1);
            Submit(5);
            Assert.Single(dispatcher.Submitted);
            Assert.Equal(5, lane.Waiting);
            calls[0].SetResult();
            Assert.Equal([1, 5], dispatcher.Submitted.Select(static batch => batch.Length));
        });
    }

    [Fact]
    public async Task Submit_EnoughWaitForACallOfTheirOwn_ItGoesBesideTheFirst()
    {
        await OnThePool(() =>
        {
            Submit(1);
            Submit(SubmitLane.WorthACall - 1);
            Assert.Single(dispatcher.Submitted);
            Submit(2);
            Assert.Equal([1, SubmitLane.WorthACall], dispatcher.Submitted.Select(static batch => batch.Length));
            Submit(2_000);
            Assert.Equal(2, dispatcher.Submitted.Count);
            calls[0].SetResult();
            Assert.Equal([1, SubmitLane.WorthACall, 1_024], dispatcher.Submitted.Select(static batch => batch.Length));
        });
    }

    [Fact]
    public async Task Reply_TooLittleWaitsForACallBesideAnother_WaitsForThat()
    {
        await OnThePool(() =>
        {
            Submit(1);
            Submit(SubmitLane.WorthACall);
            Submit(SubmitLane.WorthACall - 1);
            calls[0].SetResult();
            Assert.Equal(2, dispatcher.Submitted.Count);
            calls[1].SetResult();
            Assert.Equal(
                [1, SubmitLane.WorthACall, SubmitLane.WorthACall - 1],
                dispatcher.Submitted.Select(static batch => batch.Length));
        });
    }

    [Fact]
    public async Task Submit_BehindACallThatTakesLong_GoesBesideIt()
    {
        await OnThePool(() =>
        {
            Submit(1);
            var second = Submit(1)[0];
            time.Advance(SubmitLane.Patience - TimeSpan.FromMilliseconds(1));
            Assert.Single(dispatcher.Submitted);
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Equal(2, dispatcher.Submitted.Count);
            Submit(1);
            time.Advance(SubmitLane.Patience);
            Assert.Equal(2, dispatcher.Submitted.Count);
            calls[1].SetResult();
            Assert.True(second.IsCompletedSuccessfully);
            Assert.Equal(3, dispatcher.Submitted.Count);
        });
    }

    [Fact]
    public async Task Reply_OfASlowCall_OneCallIsUnderWayAgain()
    {
        await OnThePool(() =>
        {
            Submit(1);
            Submit(1);
            time.Advance(SubmitLane.Patience);
            Submit(1);
            calls[0].SetResult();
            Assert.Equal(2, dispatcher.Submitted.Count);
            calls[1].SetResult();
            Assert.Equal(3, dispatcher.Submitted.Count);
            calls[2].SetResult();
            Assert.True(lane.IsIdle);
        });
    }

    [Fact]
    public async Task Reply_OfASlowCallBesideALostOne_WaitingOnesAreSentInTime()
    {
        await OnThePool(() =>
        {
            Submit(1);
            Submit(1);
            time.Advance(SubmitLane.Patience);
            Submit(1);
            calls[0].SetResult();
            Assert.Equal(2, dispatcher.Submitted.Count);
            time.Advance(SubmitLane.Patience);
            Assert.Equal(3, dispatcher.Submitted.Count);
        });
    }

    [Fact]
    public async Task Reply_WhileOthersWait_TheyAreSentBeforeItsCallersGoOn()
    {
        await OnThePool(() =>
        {
            var first = Submit(1)[0];
            var waiting = Submit(3);
            var sentWhenTold = 0;
            _ = first.ContinueWith(_ => sentWhenTold = dispatcher.Submitted.Count, TaskContinuationOptions.ExecuteSynchronously);
            calls[0].SetResult();
            Assert.Equal(2, sentWhenTold);
            Assert.All(waiting, static task => Assert.False(task.IsCompleted));
        });
    }

    [Fact]
    public async Task Reply_ToMany_CallersGoOnWithinIt()
    {
        await OnThePool(() =>
        {
            Submit(1);
            var told = 0;
            foreach (var task in Submit(8))
                _ = task.ContinueWith(_ => told++, TaskContinuationOptions.ExecuteSynchronously);
            calls[0].SetResult();
            calls[1].SetResult();
            Assert.Equal(8, told);
        });
    }

    [Fact]
    public async Task Reply_ToMoreThanOneThreadAnswers_ReachesAll()
    {
        Task<SubmitVerdict>[] tasks = [];
        await OnThePool(() =>
        {
            Submit(1);
            tasks = Submit(200);
            for (var call = 0; call < 3; call++)
                calls[call].SetResult();
        });
        foreach (var verdict in await Eventually.Within(Task.WhenAll(tasks)))
            Assert.Null(verdict.Refusal);
    }

    [Fact]
    public async Task Submit_TheQueueMoves_IsAcceptedByTheNewOwner()
    {
        var calls = 0;
        dispatcher.OnSubmit = requests => ++calls == 1
            ? throw OwnerReplaced() : Task.FromResult<ImmutableArray<SubmitReply>>([.. requests.Select(static _ => SubmitReply.Accepted)]);
        Assert.Null((await Eventually.Within(Submit(1)[0])).Refusal);
        Assert.Equal(2, calls);
    }

    [Fact]
    public async Task Submit_EachOwnerIsReplaced_IsRefusedBeforeItsTimeIsOver()
    {
        var (calls, began) = (0, time.GetTimestamp());
        dispatcher.OnSubmit = _ =>
        {
            calls++;
            throw OwnerReplaced();
        };
        var answer = await Passed(() => Submit(1)[0]);
        Assert.Equal(503, (await answer).Refusal?.Status);
        Assert.InRange(time.GetElapsedTime(began), SubmitLane.AnswerLimit / 2, SubmitLane.AnswerLimit);
        Assert.InRange(calls, 20, 50);
        Assert.True(lane.IsIdle);
    }

    [Fact]
    public async Task Write_TheQueueMoves_IsMadeByTheNewOwner()
    {
        var writes = new Writes(time, link: null);
        var calls = 0;
        Assert.Equal(2, await writes.Once(() => ++calls == 1 ? throw OwnerReplaced() : Task.FromResult(calls)));
        calls = 0;
        Assert.Equal(
            (2, false),
            await writes.Repeatedly(() => ++calls == 1 ? throw OwnerReplaced() : Task.FromResult(calls)));
        calls = 0;
        Assert.Equal(
            (3, true),
            await writes.Repeatedly(() => ++calls switch
            {
                1 => throw new TimeoutException(),
                2 => throw OwnerReplaced(),
                _ => Task.FromResult(calls),
            }));
    }

    [Fact]
    public async Task Write_ItsSiloIsGone_WaitsForTheNextOne()
    {
        var writes = new Writes(time, new ScriptedLink(time));
        var calls = 0;
        var writing = await Passed(() => writes.Repeatedly(
            () => ++calls < 5 ? throw new SiloUnavailableException("gone") : Task.FromResult(calls)));
        Assert.Equal((5, true), await writing);
    }

    [Fact]
    public async Task Write_NoSiloAnswers_EndsAfterASecond()
    {
        var link = new ScriptedLink(time);
        link.Close();
        var (calls, began) = (0, time.GetTimestamp());
        var writing = await Passed(() => new Writes(time, link).Repeatedly<int>(() =>
        {
            calls++;
            throw new SiloUnavailableException("none");
        }));
        Assert.Equal("outcome-unknown", (await Assert.ThrowsAsync<ProblemException>(() => writing)).Problem.Code);
        Assert.Equal((2, TimeSpan.FromSeconds(1)), (calls, time.GetElapsedTime(began)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Reply_ToFewerThanAsked_IsAnErrorAndTheLaneGoesOn(int empty)
    {
        dispatcher.OnSubmit = _ => Task.FromResult<ImmutableArray<SubmitReply>>([.. Enumerable.Repeat<SubmitReply>(null!, empty)]);
        for (var i = 0; i < 3; i++)
            Assert.Equal(500, (await Eventually.Within(Submit(1)[0])).Refusal?.Status);
        Assert.True(lane.IsIdle);
    }

    [Fact]
    public async Task Caller_SubmitsAgainWithinItsAnswer_IsSent()
    {
        await OnThePool(() =>
        {
            var first = Submit(1);
            var again = first[0].ContinueWith(_ => Submit(1)[0], TaskContinuationOptions.ExecuteSynchronously).Unwrap();
            calls[0].SetResult();
            Assert.Equal(2, dispatcher.Submitted.Count);
            calls[1].SetResult();
            Assert.True(again.IsCompletedSuccessfully);
            Assert.True(lane.IsIdle);
        });
    }

    /// <summary>Begins something, and lets the time pass for which it waits.</summary>
    private async Task<Task<T>> Passed<T>(Func<Task<T>> begin)
    {
        Task<T> begun = null!;
        await OnThePool(() =>
        {
            for (begun = begin(); !begun.IsCompleted;)
                time.AdvanceToNext();
        });
        return begun;
    }

    private static StoreUnavailableException OwnerReplaced() => new("The queue has moved.") { IsOwnerReplaced = true };

    private Task<SubmitVerdict>[] Submit(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => lane.Submit(new SubmitRequest([], null, null), bytes: 10))];

    // Without the test framework's context, as requests are handled.
    private static Task OnThePool(Action act) => Task.Run(act);
}
