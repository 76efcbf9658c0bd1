using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>
/// A submission is answered 10 s after its arrival at the latest, wherever it is then: what was sent may have been carried out, what
/// was not sent was not.
/// </summary>
public sealed class SubmitDeadlineTests : IAsyncLifetime
{
    private const string Valid = """{"cmd":"true"}""";
    private const string Queue = "default";
    private static readonly TimeSpan Ahead = TimeSpan.FromSeconds(4);
    private readonly ScriptedGrains grains = new();
    private readonly VirtualTime time = new();
    private readonly ScriptedLink link;
    private readonly TaskCompletionSource<ImmutableArray<SubmitReply>> never = new();
    private GatewayHost gateway = null!;

    public SubmitDeadlineTests() => link = new ScriptedLink(time);

    public async ValueTask InitializeAsync() => gateway = await GatewayHost.Start(services => services
        .AddSingleton(grains.Factory).AddSingleton<TimeProvider>(time).AddSingleton<IClusterLink>(link));

    public ValueTask DisposeAsync() => gateway.DisposeAsync();

    [Fact]
    public async Task Submit_DispatcherIsSilent_Is504AfterTenSeconds()
    {
        grains.Default.OnSubmit = _ => never.Task;
        var reply = gateway.Post("/tasks", Valid);
        await Eventually.True(() => grains.Default.Submitted.Count == 1);
        time.Advance(SubmitLane.AnswerLimit - TimeSpan.FromMilliseconds(1));
        Assert.False(reply.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));
        (await Eventually.Within(reply)).Problem(504, "outcome-unknown");
    }

    [Fact]
    public async Task Submit_BehindCallsThatAreSilent_Is503TenSecondsAfterItsOwnArrival()
    {
        var (first, queued) = await QueueOneBehindSilentCalls();
        time.Advance(SubmitLane.AnswerLimit - Ahead);
        foreach (var reply in first)
            (await Eventually.Within(reply)).Problem(504, "outcome-unknown");
        Assert.False(queued.IsCompleted);
        time.Advance(Ahead);
        (await Eventually.Within(queued)).Problem(503, "not-ready");
        Assert.Equal(0, gateway.Waiting(Queue));
        Assert.Equal(2, grains.Default.Submitted.Count);
    }

    [Fact]
    public async Task Submit_BehindCallsThatFailAndWaitForASilo_DoesNotBeginAWaitOfItsOwn()
    {
        var (first, queued) = await QueueOneBehindSilentCalls();
        time.Advance(Ahead);
        link.Close();
        never.SetException(new SiloUnavailableException("gone"));
        await Eventually.True(() => link.Waiting == 2);
        time.Advance(SubmitLane.AnswerLimit - Ahead - Ahead);
        foreach (var reply in first)
            (await Eventually.Within(reply)).Problem(504, "outcome-unknown");
        time.Advance(Ahead);
        (await Eventually.Within(queued)).Problem(503, "not-ready");
        Assert.Equal(2, grains.Default.Submitted.Count);
    }

    [Fact]
    public async Task Submit_NoSiloInTime_Is503AndNothingIsSent()
    {
        link.Close();
        var reply = gateway.Post("/tasks", Valid);
        await Eventually.True(() => link.Waiting == 1);
        time.Advance(SubmitLane.AnswerLimit);
        (await Eventually.Within(reply)).Problem(503, "not-ready");
        Assert.Empty(grains.Default.Submitted);
    }

    [Fact]
    public async Task Submit_SiloComesBackInTime_IsAccepted()
    {
        link.Close();
        var reply = gateway.Post("/tasks", Valid);
        await Eventually.True(() => link.Waiting == 1);
        time.Advance(Ahead);
        link.Open();
        Assert.Equal(202, (await Eventually.Within(reply)).Status);
    }

    [Fact]
    public async Task Submit_RepetitionMeetsAFullQueue_Is504BecauseTheFirstCallMayHaveLanded()
    {
        grains.Default.OnSubmit = requests => requests[0].Repeated
            ? Task.FromResult<ImmutableArray<SubmitReply>>([new SubmitReply(SubmitOutcome.QueueFull, default, RetryAfter: 1_000)])
            : Task.FromException<ImmutableArray<SubmitReply>>(new SiloUnavailableException("gone"));
        (await Eventually.Within(gateway.Post("/tasks", Valid))).Problem(504, "outcome-unknown");
        Assert.Equal(2, grains.Default.Submitted.Count);
    }

    private async Task<(Task<Reply>[] Sent, Task<Reply> Queued)> QueueOneBehindSilentCalls()
    {
        grains.Default.OnSubmit = _ => never.Task;
        var sent = new List<Task<Reply>>();
        for (var calls = 1; calls <= 2; calls++)
        {
            sent.Add(gateway.Post("/tasks", Valid));
            await Eventually.True(() => grains.Default.Submitted.Count == calls || gateway.Waiting(Queue) == 1);
            // A second call goes beside one that takes long.
            if (calls == 2)
                time.Advance(SubmitLane.Patience);
            await Eventually.True(() => grains.Default.Submitted.Count == calls);
        }

        time.Advance(Ahead - SubmitLane.Patience);
        var queued = gateway.Post("/tasks", Valid);
        await Eventually.True(() => gateway.Waiting(Queue) == 1);
        return ([.. sent], queued);
    }
}
