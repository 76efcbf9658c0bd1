using OrleansTasks.Tests;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Tests.Agent;

/// <summary>How a worker sends the progress of its attempts.</summary>
public sealed class ProgressNewsTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly ScriptedMaster master = new();
    private readonly AgentState state;
    private readonly ProgressNews news;
    private readonly List<string> sent = [];
    private bool isSettled = true;

    public ProgressNewsTests()
    {
        var machine = new AgentMachine(
            new Random(1), "one", static _ => { }, static () => throw new NotSupportedException(), static () => 0,
            static () => 0, static _ => { });
        state = new AgentState(new AgentOptions { NodeId = "w1", Slots = 2 }, master, time, time, machine);
        news = new ProgressNews(state);
        master.OnReport = message =>
        {
            var values = message.Progress_.Select(static one => $"{one.Lease.TaskId[^1]}:{one.Hundredths}");
            sent.Add(string.Join(' ', values.Order(StringComparer.Ordinal)));
            return Task.FromResult(new ProgressAnswer { Settled = isSettled });
        };
    }

    public void Dispose() => news.Dispose();

    [Fact]
    public void Note_OftenASecond_SendsTheFirstAtOnce_AndThenTheLatestOnceASecond()
    {
        state.Session.Open(1);
        for (var i = 1; i <= 50; i++)
        {
            news.Note(AgentFixture.LeaseOf(1), i, "");
            news.Note(AgentFixture.LeaseOf(2), 100 + i, "");
            time.Advance(TimeSpan.FromMilliseconds(50));
        }

        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["1:1 2:101", "1:20 2:120", "1:40 2:140", "1:50 2:150"], sent);
    }

    [Fact]
    public void Note_WithoutASession_IsSentWhenThereIsOne()
    {
        news.Note(AgentFixture.LeaseOf(1), 1, "");
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(sent);

        state.Session.Open(1);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["1:1"], sent);
    }

    [Fact]
    public void Call_ThatIsNotSettled_IsRepeated_WithTheLatest()
    {
        state.Session.Open(1);
        isSettled = false;
        news.Note(AgentFixture.LeaseOf(1), 1, "");
        news.Note(AgentFixture.LeaseOf(2), 2, "");
        time.Advance(TimeSpan.Zero);
        isSettled = true;
        news.Note(AgentFixture.LeaseOf(2), 3, "");
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(2, sent.Count);
        Assert.Equal("1:1 2:3", sent[1]);
    }
}
