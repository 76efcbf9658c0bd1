using OrleansTasks.Client.Operations;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Client.Tests.Gateway;
using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tests.Operations;

/// <summary>What a gateway says of its silos' store.</summary>
public sealed class StoreReadinessTests
{
    private readonly VirtualTime time = new();
    private readonly ScriptedGrains grains = new();
    private readonly ScriptedLink link;

    public StoreReadinessTests() => link = new ScriptedLink(time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FindProblem_SiloIsGone_AsksUntilAnotherOneAnswers()
    {
        Answer(Gone, Gone, static () => Task.FromResult(StoreHealth.Healthy));

        var problem = Find();
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(2, grains.Cluster.Asked);
        Assert.False(problem.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Null(await problem);
    }

    [Fact]
    public async Task FindProblem_NoSiloAnswersInTime_SaysSo()
    {
        Answer(Gone);

        var problem = Find();
        for (var i = 0; i < 20; i++)
            time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal("the silo does not answer", await problem);
        Assert.Equal(20, grains.Cluster.Asked);
    }

    [Fact]
    public async Task FindProblem_SiloIsSilent_SaysSoAfterTwoSeconds()
    {
        Answer(static () => new TaskCompletionSource<StoreHealth>().Task);

        var problem = Find();
        time.Advance(TimeSpan.FromMilliseconds(1_999));
        Assert.False(problem.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("the silo does not answer", await problem);
        Assert.Equal(1, grains.Cluster.Asked);
    }

    [Fact]
    public async Task FindProblem_LastSiloIsLostMeanwhile_SaysSo()
    {
        Answer(Gone);

        var problem = Find();
        link.Close();
        time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal("no silo answers", await problem);
    }

    private static Task<StoreHealth> Gone() => Task.FromException<StoreHealth>(new SiloUnavailableException());

    private void Answer(params Func<Task<StoreHealth>>[] answers)
    {
        foreach (var answer in answers)
            grains.Cluster.Answers.Enqueue(answer);
    }

    private Task<string?> Find() =>
        new StoreReadiness(link, new GatewayGrains(grains.Factory), time).FindProblem(Cancellation).AsTask();
}
