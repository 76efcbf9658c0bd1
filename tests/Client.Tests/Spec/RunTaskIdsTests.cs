using OrleansTasks.Client.Definitions;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tests.Spec;

/// <summary>The ids of the tasks of a workflow that a run of a definition starts.</summary>
public sealed class RunTaskIdsTests
{
    [Theory]
    [InlineData("019f5a2c-7d10-7c3a-8b00-0342ab12cd33")]
    // The counter is nearly exhausted.
    [InlineData("019f5a2c-7d10-7fff-bffe-0342ab12cd33")]
    public void Next_OfARun_AscendsFromItsId_AndIsTheSameForARepetition(string text)
    {
        Assert.True(TaskId.TryParse(text, out var run));

        var ids = Make(run);

        TaskId[] all = [run, .. ids];
        Assert.Equal(ids, Make(run));
        Assert.Equal(all.Order(), all);
        Assert.Equal(all.Length, all.Distinct().Count());
        // The version and the variant of the UUID.
        Assert.All(ids, static id => Assert.Matches("^.{14}7.{4}[89ab]", id.ToString()));
        Assert.All(ids, id => Assert.InRange(id.CreatedAt, run.CreatedAt, run.CreatedAt + 1));
    }

    [Fact]
    public void Next_OfAnotherRun_IsAnother()
    {
        var ids = new TaskIdSource(TimeProvider.System, new Random(1));

        Assert.Empty(Make(ids.Next()).Intersect(Make(ids.Next())));
    }

    private static TaskId[] Make(TaskId run)
    {
        var ids = new RunTaskIds(run);
        return [.. Enumerable.Range(0, 1_000).Select(_ => ids.Next())];
    }
}
