using OrleansTasks.Nodes;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What a round of the commit loop takes.</summary>
public sealed class InboxTests
{
    private readonly CoreRig rig = new();
    private readonly Inbox inbox = new(new DispatchOptions
    {
        Round = new RoundBounds { Operations = 10, Bytes = 10_000 },
        InboxTasks = 100,
        InboxBytes = 1_000,
    });
    private readonly List<DispatchOperation> round = [];

    [Fact]
    public void Drain_AllLanesWait_TakesHalfResultsATenthControlAndTheRestSubmissions()
    {
        AddControl(20);
        AddReports(20);
        AddSubmissions(20);
        inbox.Drain(round);
        Assert.Equal((5, 1, 4), (round.Count(IsReport), Controls, round.Count(IsSubmission)));
    }

    [Fact]
    public void Drain_TwoLanesWait_SecondUsesWhatTheThirdLeaves()
    {
        AddControl(20);
        AddSubmissions(20);
        inbox.Drain(round);
        Assert.Equal((6, 4), (Controls, round.Count(IsSubmission)));
    }

    [Fact]
    public void Drain_OperationsBringManyBytes_RoundIsBoundedByBytes()
    {
        var large = rig.Submission() with { Spec = new byte[4_000] };
        var wide = new Inbox(new DispatchOptions { Round = new RoundBounds { Operations = 100, Bytes = 10_000 } });
        for (var i = 0; i < 5; i++)
            Assert.True(wide.TryAdd(new SubmitOperation([new SubmitRequest([large], null, null)])));
        wide.Drain(round);
        Assert.Equal(2, round.Count);
    }

    [Fact]
    public void Drain_AfterARefusedCommit_TakesItsRequestsOneByOneAndFirst()
    {
        AddControl(1);
        var batch = new SubmitOperation([
            new SubmitRequest([rig.Submission()], null, null), new SubmitRequest([rig.Submission(), rig.Submission()], null, null)]);
        inbox.Suspect([batch, new CoreOperation<bool>(static (_, _, _) => true)]);
        var weights = new List<int>();
        for (var i = 0; i < 4; i++)
        {
            round.Clear();
            inbox.Drain(round);
            weights.Add(Assert.Single(round).Weight);
        }

        Assert.Equal([1, 2, 1, 1], weights);
        Assert.True(inbox.IsEmpty);
    }

    [Theory]
    [InlineData(0, typeof(StoreUnavailableException))]
    [InlineData(1, typeof(OutcomeUnknownException))]
    public async Task Split_StoreFailsAfterSomeParts_SaysThatNothingWasWrittenOnlyIfNothingWas(int stored, Type told)
    {
        var whole = new SubmitOperation([
            new SubmitRequest([rig.Submission()], null, null), new SubmitRequest([rig.Submission()], null, null)]);
        var parts = whole.Split();
        for (var part = 0; part < parts.Count; part++)
        {
            if (part >= stored)
            {
                parts[part].Fail(new StoreUnavailableException());
                continue;
            }

            rig.Round((core, draft) => parts[part].Apply(core, new Lookup(), rig.Now, draft));
            parts[part].Complete();
        }

        Assert.IsType(told, await Record.ExceptionAsync(() => whole.Task));
    }

    [Fact]
    public void Drain_OneLaneWaits_MayUseTheWholeRound()
    {
        AddControl(20);
        inbox.Drain(round);
        Assert.Equal(10, Controls);
    }

    [Fact]
    public void Drain_LargeBatchAmongSteadyControl_IsTaken()
    {
        AddControl(3);
        Assert.True(inbox.TryAdd(Submission(50)));
        inbox.Drain(round);
        Assert.Equal((3, 1), (Controls, round.Count - Controls));
    }

    [Fact]
    public void Drain_Everything_KeepsTheOrderOfEachLane()
    {
        SubmitOperation[] added = AddSubmissions(25);
        while (!inbox.IsEmpty)
            inbox.Drain(round);
        Assert.Equal(added, round);
    }

    [Fact]
    public void TryAdd_TooManyTasks_IsRefusedUntilARoundIsTaken()
    {
        AddSubmissions(100);
        Assert.False(inbox.TryAdd(Submission(1)));
        inbox.Drain(round);
        Assert.True(inbox.TryAdd(Submission(1)));
    }

    [Fact]
    public void TryAdd_TooManyBytes_IsRefused()
    {
        var large = rig.Submission() with { Spec = new byte[990] };
        Assert.True(inbox.TryAdd(new SubmitOperation([new SubmitRequest([large], null, null)])));
        Assert.False(inbox.TryAdd(new SubmitOperation([new SubmitRequest([large], null, null)])));
    }

    [Fact]
    public void TryAdd_FirstIsLargerThanTheInbox_IsTaken() => Assert.True(inbox.TryAdd(Submission(1_000)));

    private int Controls => round.Count(static operation => operation.Lane == Lane.Control);

    private static bool IsReport(DispatchOperation operation) => operation.Lane == Lane.Results;

    private static bool IsSubmission(DispatchOperation operation) => operation.Lane == Lane.Submissions;

    private void AddReports(int count)
    {
        for (var i = 0; i < count; i++)
            inbox.Add(new ReportOperation(new NodeReport("n", 1, [], [], [])));
    }

    private void AddControl(int count)
    {
        for (var i = 0; i < count; i++)
            inbox.Add(new CoreOperation<bool>(static (_, _, _) => true));
    }

    private SubmitOperation[] AddSubmissions(int count)
    {
        SubmitOperation[] operations = [.. Enumerable.Range(0, count).Select(_ => Submission(1))];
        Assert.All(operations, operation => Assert.True(inbox.TryAdd(operation)));
        return operations;
    }

    private SubmitOperation Submission(int tasks) =>
        new([new SubmitRequest([.. Enumerable.Range(0, tasks).Select(_ => rig.Submission())], null, null)]);
}
